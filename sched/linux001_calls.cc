// Source: linux-0.01, kernel/sched.c.
#include "sched/linux001_calls.h"

#include <errno.h>
#include <sys/uio.h>

#include <cstdlib>
#include <string_view>

#include "sched/linux001.h"
#include "sched/scheduler.h"

namespace jiffy::sched::linux001 {
namespace {

// Ends the program with "jiffy: CALL: WHAT". Writes it in one system call,
// without stdio, whose lock a preempted task may hold.
[[noreturn]] void Panic(std::string_view call, std::string_view what,
                        std::string_view more = {}) {
  const auto part = [](std::string_view text) {
    return iovec{const_cast<char*>(text.data()), text.size()};
  };
  const iovec parts[] = {part("jiffy: "), part(call), part(": "),
                         part(what),      part(more), part("\n")};
  // Aborts even if the write failed.
  [[maybe_unused]] const ssize_t written =
      writev(2, parts, sizeof(parts) / sizeof(parts[0]));
  std::abort();
}

// A section in kernel mode: turns preemption off and gives access to the
// current task and its policy. Looks both up on each call, since a task may
// wake up on another CPU than the one where it went to sleep.
class KernelMode {
 public:
  KernelMode() : hosted_(CurrentHost() != nullptr) {
    if (hosted_) CurrentHost()->PreemptDisable();
  }
  ~KernelMode() {
    if (hosted_) CurrentHost()->PreemptEnable();
  }
  KernelMode(const KernelMode&) = delete;
  KernelMode& operator=(const KernelMode&) = delete;

  // Returns the policy if it is Linux 0.01, else nullptr.
  Linux001* FindPolicy() const {
    if (!hosted_) return nullptr;
    return dynamic_cast<Linux001*>(&CurrentHost()->scheduler());
  }

  // Returns the current task; nullptr while the CPU idles.
  Entity* FindCurrent() const {
    return hosted_ ? CurrentHost()->Current() : nullptr;
  }

  // Returns whether the caller is a task under Linux 0.01. If not, sets errno.
  bool IsSystemCall() const {
    if (FindPolicy() != nullptr && FindCurrent() != nullptr) return true;
    errno = ENOSYS;
    return false;
  }

  // Returns the policy, which must be Linux 0.01.
  Linux001& Policy(std::string_view call) const {
    if (!hosted_) Panic(call, "no task is calling");
    Linux001* const policy = FindPolicy();
    if (policy == nullptr) {
      Panic(call, "needs the policy linux-0.01, the running one is ",
            CurrentHost()->scheduler().name());
    }
    return *policy;
  }

  // Returns the current task, which must be allowed to sleep.
  Entity& Sleeper(std::string_view call) const {
    Policy(call);
    Entity* const current = FindCurrent();
    if (current == nullptr) Panic(call, "task[0] trying to sleep");
    return *current;
  }

 private:
  const bool hosted_;
};

// current->state = state; schedule();
void Sleep(Linux001& policy, Entity& current, Linux001::State state) {
  policy.PrepareToSleep(current, state);
  CurrentHost()->Block();
}

}  // namespace

int Nice(int increment) {
  KernelMode kernel;
  if (!kernel.IsSystemCall()) return -1;
  kernel.FindPolicy()->Nice(*kernel.FindCurrent(), increment);
  return 0;
}

int Alarm(int seconds) {
  KernelMode kernel;
  if (!kernel.IsSystemCall()) return -1;
  kernel.FindPolicy()->Alarm(*kernel.FindCurrent(), seconds);
  return seconds;
}

int Pause() {
  KernelMode kernel;
  if (!kernel.IsSystemCall()) return -1;
  Entity& current = *kernel.FindCurrent();
  Sleep(*kernel.FindPolicy(), current, Linux001::kInterruptible);
  kernel.FindPolicy()->FinishCall(current);
  return 0;
}

void SleepOn(WaitQueue& queue) {
  constexpr std::string_view kCall = "sleep_on";
  KernelMode kernel;
  Entity& current = kernel.Sleeper(kCall);
  Entity* const before = queue.head;
  queue.head = &current;
  Sleep(kernel.Policy(kCall), current, Linux001::kUninterruptible);
  // Does not change the head. If WakeUp ended the sleep, it has cleared the
  // head.
  Linux001& policy = kernel.Policy(kCall);
  if (policy.Holds(before)) policy.WakeSleeper(*before);
  policy.FinishCall(current);
}

void InterruptibleSleepOn(WaitQueue& queue) {
  constexpr std::string_view kCall = "interruptible_sleep_on";
  KernelMode kernel;
  Entity& current = kernel.Sleeper(kCall);
  Entity* const before = queue.head;
  queue.head = &current;
  while (true) {
    Sleep(kernel.Policy(kCall), current, Linux001::kInterruptible);
    Linux001& policy = kernel.Policy(kCall);
    if (queue.head == &current || !policy.Holds(queue.head)) break;
    policy.WakeSleeper(*queue.head);
  }
  queue.head = nullptr;
  Linux001& policy = kernel.Policy(kCall);
  if (policy.Holds(before)) policy.WakeSleeper(*before);
  policy.FinishCall(current);
}

void WakeUp(WaitQueue& queue) {
  KernelMode kernel;
  Linux001& policy = kernel.Policy("wake_up");
  if (policy.Holds(queue.head)) policy.WakeSleeper(*queue.head);
  queue.head = nullptr;
}

uint64_t Jiffies() {
  KernelMode kernel;
  const Host* const host = CurrentHost();
  return host == nullptr ? 0 : host->Jiffies();
}

}  // namespace jiffy::sched::linux001
