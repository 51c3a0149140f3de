// Wakes threads: by a call, by time, by other OS threads. Like the scheduling
// core (core/switch.cc), all of it may run inside the interrupt handler, with
// preemption off.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/deadline.h"
#include "runtime/core/panic.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {

void Worker::WakeTask(Task* task, WakeReason reason) {
  if (task->state != TaskState::kBlocked) return;
  if (task->timer.queued()) sleepers_.queue.Remove(&task->timer);
  task->state = TaskState::kRunnable;
  task->wake_reason = reason;
  if (modes_.observed) [[unlikely]] {
    ObserveWakeup(task);
  }
  if (modes_.needs_clock) RefreshClock();
  Enqueue(*task, sched::EnqueueReason::kWoken);
  if (current_->state == TaskState::kRunning && WakeupPreempts(*task)) {
    resched_wanted_ = true;
    signals::task_frame.head.need_resched = 1;
  }
}

void Worker::Wake(sched::Entity& entity) {
  Task* task = TaskOf(&entity);
  if (task->wait_kind != WaitKind::kKernel) WakeTask(task, WakeReason::kWoken);
}

// Wakes the sleepers that are due and sets the timer for the next. Since
// preemption is off meanwhile, it stops after some time and continues a little
// later.
void Worker::ExpireTimers() {
  // The time limit, and the number of wake-ups between two looks at the clock.
  // An interrupt takes a few microseconds.
  constexpr int64_t kLongestNs = 20'000;
  constexpr int kBatch = 16;
  wakeup_due = false;
  sleepers_.armed_ns = kNoDeadline;
  if (machine_.fork.pending != nullptr) [[unlikely]] {
    LeaveOthersBehind();
  }
  if (sleepers_.queue.empty()) return;
  trace_.waker = Waker::kTimer;
  const int64_t now = signals::MonotonicNs();
  int left = kBatch;
  while (!sleepers_.queue.empty() && sleepers_.queue.first()->due_ns <= now) {
    if (left-- == 0) {
      left = kBatch - 1;
      const int64_t after = signals::MonotonicNs();
      if (after - now >= kLongestNs) {
        // The running thread gets the CPU for as long.
        ArmWakeup(after + (after - now));
        trace_.waker = Waker::kThread;
        return;
      }
    }
    TimerNode* node = sleepers_.queue.first();
    sleepers_.queue.Remove(node);
    if (node->expire == nullptr) {
      WakeTask(static_cast<SleepTimer*>(node)->task, WakeReason::kTimeout);
    } else if (!node->expire(node)) {
      constexpr int64_t kRetryNs = 20'000;
      node->due_ns = now + kRetryNs;
      sleepers_.queue.Add(node);
    }
  }
  trace_.waker = Waker::kThread;
  ArmFirstTimer();
}

void Worker::StartTimer(TimerNode* node) {
  sleepers_.queue.Add(node);
  ArmFirstTimer();
}

// Sets the wake-up timer for the first sleeper, unless it is set to an earlier
// time.
void Worker::ArmFirstTimer() {
  if (sleepers_.queue.empty()) return;
  const int64_t due = sleepers_.queue.first()->due_ns;
  if (sleepers_.armed_ns != kNoDeadline && sleepers_.armed_ns <= due) return;
  ArmWakeup(due);
}

void Worker::ArmWakeup(int64_t due_ns) {
  sleepers_.armed_ns = due_ns;
  if (!timers.ArmWakeup(due_ns)) {
    Panic(
        "timer_settime for the first sleeper is refused: is it denied, by "
        "seccomp maybe, since the run began?");
  }
}

// The worker may be gone once mailbox_.wakers is zero again; the parker, once
// it is in the mailbox.
void Worker::DeliverRemotely(Parker* parker) {
  mailbox_.wakers.fetch_add(1, std::memory_order_relaxed);
  Parker* head = mailbox_.first.load(std::memory_order_relaxed);
  do {
    parker->next = head;
  } while (!mailbox_.first.compare_exchange_weak(head, parker,
                                                 std::memory_order_acq_rel));
  mailbox_.idle_word.fetch_add(1);
  syscall(SYS_futex, &mailbox_.idle_word, FUTEX_WAKE_PRIVATE, 1);
  mailbox_.wakers.fetch_sub(1, std::memory_order_release);
}

void Worker::DrainMailbox() {
  Parker* newest = mailbox_.first.exchange(nullptr, std::memory_order_acq_rel);
  Parker* oldest = nullptr;
  while (newest != nullptr) {
    Parker* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  trace_.waker = Waker::kOutside;
  while (oldest != nullptr) {
    Parker* parker = oldest;
    oldest = parker->next;
    parker->delivered.store(1, std::memory_order_relaxed);
    WakeTask(parker->task, WakeReason::kWoken);
  }
  trace_.waker = Waker::kThread;
}

void WakeOsJoiner(std::atomic<uint32_t>* state) {
  const signals::UncheckedAccess unchecked;
  syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, 1);
}

}  // namespace jiffy::internal
