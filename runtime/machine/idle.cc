// The idle loop: waits while nothing is runnable, and detects that nothing ever
// will be.

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "absl/status/status.h"
#include "runtime/core/completion.h"
#include "runtime/core/deadline.h"
#include "runtime/core/own_signals.h"
#include "runtime/core/policy_check.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/deadlock.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

constexpr int64_t kLastIdleProbeNs = 10 * signals::kNsPerSecond;

// Returns whether the calling OS thread is the only one, except
// ThreadSanitizer's, so that no other can wake a thread. Calls no libc function
// that takes a lock, since its holder may be preempted.
bool AloneInProcess() {
  const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[1024];
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return false;
  text[length] = '\0';
  // The name, field 2, is in brackets and may hold anything; num_threads is
  // field 20.
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 20; ++field) {
    at = strchr(at + 1, ' ');
  }
  // An emulator reports 0.
  return at != nullptr && at[2] == ' ' &&
         (at[1] == '1' || (signals::kThreadSanitizer && at[1] == '2'));
}

}  // namespace

absl::Status Worker::RunIdleLoop() {
  signals::TaskHead& head = signals::task_frame.head;
  for (;;) {
    if (stacks_.trimmer.has_borrowed()) [[unlikely]] {
      stacks_.trimmer.Trim(stacks_.slots, clock_.now_ns);
      SwitchTo(stacks_.trimmer.GiveBack());
      FinishCooperativeSwitch();
      continue;
    }
    head.need_resched = 0;
    noted = false;
    ChargeIdleTicks();
    if (wakeup_due) ExpireTimers();
    if (mailbox_.first.load(std::memory_order_relaxed) != nullptr)
      DrainMailbox();
    // No thread is charged idle time, however long it was.
    clock_.now_ns = std::max<int64_t>(clock_.now_ns,
                                      signals::MonotonicNs() - clock_begin_ns);
    if (sched::Entity* choice = policy_->PickNext(); choice != nullptr) {
      SwitchTo(Chosen(choice));
      FinishCooperativeSwitch();
      continue;
    }
    if (WakeSomeBlocked()) continue;
    if (machine_.live == 0) return absl::OkStatus();
    if (stacks_.slots.has_cold() ||
        stacks_.trimmer.Due(stacks_.slots, clock_.now_ns)) {
      stacks_.trimmer.Trim(stacks_.slots, clock_.now_ns);
      continue;
    }
    if (!IdleWait()) {
      absl::Status deadlock = DeadlockError();
      AbandonAll();
      return deadlock;
    }
  }
}

void Worker::ChargeIdleTicks() {
  const uint64_t seen = ticks_seen;
  if (seen == clock_.ticks_charged) return;
  const uint64_t ticks = seen - clock_.ticks_charged;
  clock_.ticks_charged = seen;
  clock_.jiffies += ticks;
  policy_->IdleTicks(static_cast<int64_t>(ticks));
}

// Sleeps in the kernel, with the tick stopped, until something may be runnable.
// Returns false if nothing ever can be.
bool Worker::IdleWait() {
  const uint32_t word = mailbox_.idle_word.load();
  if (mailbox_.first.load() != nullptr || wakeup_due) return true;
  int64_t due = kNoDeadline;
  bool probe = false;
  if (!sleepers_.queue.empty()) due = sleepers_.queue.first()->due_ns;

  const int64_t before = signals::MonotonicNs();
  const uint64_t event = policy_->NextIdleEvent();
  if (event != sched::Scheduler::kNever && options_.preempt) {
    const uint64_t now = Jiffies();
    const uint64_t ticks = event > now ? event - now : 0;
    const int64_t at = LaterBy(before, ticks, TickNs());
    if (due == kNoDeadline || at < due) due = at;
  }
  // The policy chose no thread and will choose none by itself.
  if (event == sched::Scheduler::kNever && before >= idling_.lost_check_ns) {
    idling_.lost_check_ns = before + signals::kNsPerSecond;
    if (HasLostThreads(machine_.all_tasks, turns_.queue)) return false;
  }
  if (due == kNoDeadline) {
    if (!MayBeWokenFromOutside(machine_.all_tasks)) return false;
    // Only another OS thread can wake one. Check for one if no wake-up came for
    // a while.
    probe = true;
    due = before + idling_.probe_ns;
  }

  if (watchdog_.watches_waits()) {
    due = std::min(due, before + watchdog_.CheckEveryNs());
  }
  // The trimmer's clock excludes stolen time.
  const int64_t trim_ns = clock_begin_ns + stacks_.trimmer.next_ns();
  if (trim_ns < due && stacks_.slots.HasUntrimmed()) {
    due = trim_ns;
    probe = false;
  }

  timers.StopTick();
  const timespec deadline = signals::ToTimespec(due);
  syscall(SYS_futex, &mailbox_.idle_word, FUTEX_WAIT_BITSET_PRIVATE, word,
          &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  const int64_t after = signals::MonotonicNs();
  if (options_.preempt) {
    // The points of the grid that passed, minus those that brought a tick or
    // were counted here before. So errors from a tick on its way do not add up.
    int64_t skipped =
        timers.GridTicks(TickNs(), after) - clock_.tick_base -
        static_cast<int64_t>(ticks_delivered() + clock_.ticks_skipped);
    if (skipped > 0) {
      clock_.ticks_skipped += static_cast<uint64_t>(skipped);
      // A worker that wakes two ticks too late was kept off the CPU.
      const int64_t late =
          std::min((after - std::max(due, before)) / TickNs() - 1, skipped);
      if (late > 0) {
        clock_.idle_stolen += static_cast<uint64_t>(late);
        clock_begin_ns += late * TickNs();
        skipped -= late;
      }
      clock_.jiffies += static_cast<uint64_t>(skipped);
      policy_->IdleTicks(skipped);
    }
  }
  // The meter assigns the CPU time since its last reading to the ticks since
  // then; and ticks are rare here.
  constexpr int64_t kReadEveryNs = 10'000'000;
  if (after - clock_.steal_read_ns >= kReadEveryNs) ReadStealMeter(after);
  StartPeriodicTick(after);
  if (watchdog_.watches_waits()) {
    watchdog_.CheckWaits(machine_.all_tasks, clock_.jiffies, TickNs());
  }
  if (!sleepers_.queue.empty() && sleepers_.queue.first()->due_ns <= after) {
    ExpireTimers();
  }
  if (!probe || mailbox_.first.load() != nullptr) {
    idling_.probe_ns = kFirstIdleProbeNs;
    return true;
  }
  idling_.probe_ns = std::min(2 * idling_.probe_ns, kLastIdleProbeNs);
  if (HasLostThreads(machine_.all_tasks, turns_.queue)) return false;
  // The last other OS thread may have woken a thread before it ended.
  return !AloneInProcess() ||
         HandlesSignals(options_.signal, options_.dump_signal) ||
         mailbox_.first.load() != nullptr;
}

absl::Status Worker::DeadlockError() const {
  if (HasLostThreads(machine_.all_tasks, turns_.queue)) {
    return absl::InternalError(
        DescribeLostThreads(machine_.all_tasks, turns_.queue, policy_->name()));
  }
  return absl::FailedPreconditionError(
      DescribeDeadlock({.all = machine_.all_tasks,
                        .live = machine_.live,
                        .scheduler = policy_->name(),
                        .jiffies = clock_.jiffies,
                        .tick_ns = TickNs()}));
}

// Gives up the threads that will never run again. Their stacks stay, since
// others may refer to objects there.
void Worker::AbandonAll() {
  while (machine_.all_tasks != nullptr) {
    Task* task = machine_.all_tasks;
    machine_.all_tasks = task->all_next;
    --machine_.live;
    signals::AbandonFiber(*task);
    WithdrawFromWaits(*task);
    Completion* completion = task->completion;
    if (trace_.tracer.on()) trace_.tracer.KeepName(task->id, completion->name);
    completion->task = nullptr;
    const bool orphaned = completion->orphaned;
    EndCompletion(completion, Completion::kAbandoned);
    if (orphaned) FreeCompletion(completion);
  }
}

}  // namespace jiffy::internal
