// Replaces pthread_sigmask, sigprocmask and sigaltstack in every program that
// has green threads: a green thread sets its own values (own_signals.h). In OS
// threads and in the runtime's own code they are the system calls.

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "runtime/core/current_worker.h"
#include "runtime/core/own_signals.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"

namespace jiffy::internal {

void LinkOwnSignals() {}

namespace {

using signals::kClaimsTick;
using signals::kIrqOff;
using signals::kOwnAlternateStack;
using signals::kOwnMask;
using signals::SignalBit;

// The signals that libc reserves: pthread_cancel's, and setuid's.
constexpr uint64_t kLibcsSignals = SignalBit(32) | SignalBit(33);

// Returns the calling green thread, outside of the runtime's own code, or
// nullptr.
Task* CallingTask() {
  const signals::TaskHead& head = signals::task_frame.head;
  if (head.cpu == nullptr || head.preempt_count != head.current->user_guards) {
    return nullptr;
  }
  return CurrentTask();
}

uint64_t Changed(int how, uint64_t old, uint64_t set) {
  if (how == SIG_BLOCK) return old | set;
  return how == SIG_UNBLOCK ? old & ~set : set;
}

// Marks the task after the kernel's change: a tick between the two finds the
// new mask in the frame.
void NoteMask(Task& task, int how, uint64_t old, uint64_t set, uint64_t tick) {
  const uint64_t mask = Changed(how, old, set & ~tick) & ~tick;
  uint32_t flags = task.signal_flags;
  if (mask != ThisWorker().plain_mask) flags |= kOwnMask;
  const bool claims =
      (Changed(how, (flags & kClaimsTick) != 0 ? tick : 0, set) & tick) != 0;
  task.signal_flags = claims ? flags | kClaimsTick : flags & ~kClaimsTick;
}

// The tick's signal stays as the runtime set it, but the program reads back
// what it set. So a thread that blocks all signals is still preempted.
int ChangeMask(int how, const sigset_t* set, sigset_t* old) {
  const Worker* worker = CurrentWorker();
  const uint64_t tick = worker == nullptr ? 0 : SignalBit(worker->signal);
  const uint64_t wanted =
      set == nullptr ? 0 : signals::MaskOf(*set) & ~kLibcsSignals;
  Task* task = CallingTask();
  uint64_t kernel_set = wanted & ~tick;
  if (tick != 0 && how == SIG_SETMASK) {
    const bool off = task == nullptr ? (signals::KernelMask() & tick) != 0
                                     : (task->signal_flags & kIrqOff) != 0;
    if (off) kernel_set |= tick;
  }
  const bool claimed =
      task != nullptr && (task->signal_flags & kClaimsTick) != 0;
  const int saved_errno = errno;
  uint64_t kernel_old = 0;
  if (syscall(SYS_rt_sigprocmask, how, set == nullptr ? nullptr : &kernel_set,
              &kernel_old, sizeof kernel_old) != 0) {
    const int error = errno;
    errno = saved_errno;
    return error;
  }
  if (task != nullptr && set != nullptr) {
    NoteMask(*task, how, kernel_old, wanted, tick);
  }
  if (old != nullptr) {
    sigemptyset(old);
    signals::SetMaskOf(*old, kernel_old | (claimed ? tick : 0));
  }
  return 0;
}

// A thread without an alternate stack has the worker's, for faults.
int ChangeAlternateStack(const stack_t* stack, stack_t* old) {
  Task* task = stack == nullptr ? nullptr : CallingTask();
  if (task != nullptr && (stack->ss_flags & SS_DISABLE) != 0) {
    stack = &ThisWorker().plain_alternate_stack;
  }
  const void* own = stack == nullptr ? nullptr : stack->ss_sp;
  // Marks the task first: a tick before the kernel's change must not leave the
  // thread's stack to others. A wrong mark is cleared when the thread next
  // waits.
  if (task != nullptr && own != ThisWorker().plain_alternate_stack.ss_sp) {
    task->signal_flags = task->signal_flags | kOwnAlternateStack;
  }
  return signals::KernelAlternateStack(stack, old) == 0 ? 0 : -1;
}

}  // namespace
}  // namespace jiffy::internal

extern "C" {

int pthread_sigmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  return jiffy::internal::ChangeMask(how, set, old);
}

int sigprocmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  const int error = jiffy::internal::ChangeMask(how, set, old);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int sigaltstack(const stack_t* stack, stack_t* old) noexcept {
  return jiffy::internal::ChangeAlternateStack(stack, old);
}

}  // extern "C"
