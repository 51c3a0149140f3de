// Changes the kernel's signal mask and alternate stack with the thread
// (own_signals.h). The first half of a switch may run in the interrupt handler.

#include "runtime/core/own_signals.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"
#include "signals/text_buffer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

using signals::kClaimsTick;
using signals::kIrqOff;
using signals::kOwnAlternateStack;
using signals::kOwnMask;
using signals::SignalBit;

void SetFlags(Task& task, uint32_t flags) {
  task.signal_flags = task.signal_flags | flags;
}

void ClearFlags(Task& task, uint32_t flags) {
  task.signal_flags = task.signal_flags & ~flags;
}

}  // namespace

OwnSignals& Worker::OwnSignalsOf(Task& task) {
  return &task == idle_ ? masks_.idle : task.completion->own_signals;
}

uint64_t Worker::AwayMaskOf(Task& task) {
  return (task.signal_flags & kOwnMask) != 0 ? OwnSignalsOf(task).mask
                                             : plain_mask;
}

// Keeps `mask` for the task's return.
void Worker::KeepMask(Task& task, uint64_t mask) {
  mask &= ~SignalBit(signal);
  if (mask == plain_mask) {
    ClearFlags(task, kOwnMask);
    return;
  }
  OwnSignalsOf(task).mask = mask;
  SetFlags(task, kOwnMask);
  masks_.any_own = true;
}

void Worker::KeepAlternateStack(Task& task) {
  stack_t& stack = OwnSignalsOf(task).alternate_stack;
  signals::KernelAlternateStack(nullptr, &stack);
  // Restoring must not tell the kernel that the task runs on this stack.
  stack.ss_flags &= ~SS_ONSTACK;
  if (stack.ss_sp == plain_alternate_stack.ss_sp &&
      stack.ss_flags == plain_alternate_stack.ss_flags) {
    ClearFlags(task, kOwnAlternateStack);
  }
}

// Keeps the signals of `task`, which switches away. Those of a preempted task
// are in its frame, which is not read here: until the task runs again, it
// counts as blocking all signals.
void Worker::KeepSignals(Task& task, uint64_t mask) {
  const uint32_t flags = task.signal_flags;
  if (masked == signals::kMaskOtherInHandler) {
    if ((flags & kOwnMask) == 0) return;
    OwnSignalsOf(task).mask = ~(signals::kFaultSignals | SignalBit(signal));
    masks_.any_own = true;
    return;
  }
  if ((flags & kOwnMask) != 0) KeepMask(task, mask);
  if ((flags & kOwnAlternateStack) != 0) KeepAlternateStack(task);
}

// Runs before a switch if either task has flags. The idle task has kOwnMask
// once any task had a mask of its own.
void Worker::LeaveSignals(Task& previous, const Task& next) {
  constexpr uint32_t kOwn = kOwnMask | kOwnAlternateStack;
  const uint32_t flags = previous.signal_flags;
  if (((flags | next.signal_flags) & kOwn) != 0) {
    const uint64_t mask =
        signals::ChangeKernelMask(SIG_BLOCK, ~signals::kFaultSignals);
    if ((flags & kOwnAlternateStack) != 0)
      masks_.alternate_stack_changed = true;
    // A finished task's completion may be gone.
    if (previous.state != TaskState::kFinished) KeepSignals(previous, mask);
    if (&next == idle_) SetIdleMask();
    masked = signals::kMaskOther;
  }
  // The next task runs with interrupts on, whatever the previous task holds.
  if ((flags & kIrqOff) != 0) masked = signals::kMaskOther;
}

// Runs after a cooperative switch: restores the signals of the task that
// resumes, including the unmask after a handler that switched to it.
void Worker::RestoreSignals() {
  Task& task = *CurrentTask();
  const uint32_t flags = task.signal_flags;
  if ((flags & kOwnAlternateStack) != 0) {
    signals::KernelAlternateStack(&OwnSignalsOf(task).alternate_stack, nullptr);
    masks_.alternate_stack_changed = true;
  } else if (masks_.alternate_stack_changed) {
    masks_.alternate_stack_changed = false;
    signals::KernelAlternateStack(&plain_alternate_stack, nullptr);
  }
  masked = signals::kMaskRight;
  signals::ChangeKernelMask(
      SIG_SETMASK,
      AwayMaskOf(task) | ((flags & kIrqOff) != 0 ? SignalBit(signal) : 0));
}

void Worker::InheritSignals(Task& child) {
  const Task& parent = *CurrentTask();
  child.signal_flags = parent.signal_flags & kClaimsTick;
  if ((parent.signal_flags & kOwnMask) != 0) {
    KeepMask(child, signals::KernelMask());
  }
}

// Returns whether the calling task is in a handler of the program, on the stack
// that all tasks without an own alternate stack share.
bool Worker::OnSharedStack() const {
  return signals::IsOn(plain_alternate_stack,
                       reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
}

// Waits like Park, but keeps the CPU.
WakeReason Worker::WaitInKernel(const Task& self, int64_t due_ns) {
  constexpr int64_t kLookEveryNs = 1'000'000;
  if (due_ns == kNoDeadline) {
    signals::TextBuffer<256>(STDERR_FILENO)
        << "jiffy: thread #" << self.id
        << " waits in a signal handler on its worker's alternate stack; until "
           "it is woken, no other thread runs there (sigaltstack gives a "
           "thread a stack of its own)\n";
  }
  for (;;) {
    const uint32_t word = mailbox_.idle_word.load();
    if (mailbox_.first.load(std::memory_order_relaxed) != nullptr)
      DrainMailbox();
    if (CameBeforeParking(self.parker)) return WakeReason::kWoken;
    int64_t until = signals::MonotonicNs();
    if (due_ns != kNoDeadline && until >= due_ns) return WakeReason::kTimeout;
    until += kLookEveryNs;
    if (due_ns != kNoDeadline) until = std::min(until, due_ns);
    const timespec deadline = signals::ToTimespec(until);
    syscall(SYS_futex, &mailbox_.idle_word, FUTEX_WAIT_BITSET_PRIVATE, word,
            &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  }
}

// Invariant 6. All tasks are switched out, so each one's mask is kept.
void Worker::SetIdleMask() {
  uint64_t mask = ~uint64_t{0};
  for (Task* task = machine_.all_tasks; task != nullptr && mask != 0;
       task = task->all_next) {
    mask &= AwayMaskOf(*task);
  }
  KeepMask(*idle_, machine_.all_tasks == nullptr ? plain_mask : mask);
}

}  // namespace jiffy::internal
