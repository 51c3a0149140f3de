// Waking: by a call, by the time, by other OS threads. As the scheduling core
// (worker_in_handler.cc), all of it may run inside the interrupt handler, with
// preemption off.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "runtime/task.h"
#include "runtime/waiter.h"
#include "runtime/worker.h"
#include "signals/preempt.h"
#include "signals/tick.h"

namespace jiffy::internal {

void Worker::WakeTask(Task* task, WakeReason reason) {
  if (task->state != TaskState::kBlocked) return;
  if (task->timer.queued()) timer_queue_.Remove(&task->timer);
  task->state = TaskState::kRunnable;
  task->wake_reason = reason;
  if (observed_) [[unlikely]] {
    ObserveWakeup(task);
  }
  if (needs_clock_) RefreshClock();
  Enqueue(*task, sched::EnqueueReason::kWoken);
  if (current_->state == TaskState::kRunning && WakeupPreempts(*task)) {
    resched_wanted_ = true;
    signals::task_frame.head.need_resched = 1;
  }
}

void Worker::Wake(sched::Entity& entity) {
  WakeTask(TaskOf(&entity), WakeReason::kWoken);
}

// Wakes the sleepers that are due and sets the timer for the next.
void Worker::ExpireTimers() {
  wakeup_due = false;
  armed_ns_ = kNoDeadline;
  if (timer_queue_.empty()) return;
  waker_ = Waker::kTimer;
  const int64_t now = signals::MonotonicNs();
  while (!timer_queue_.empty() && timer_queue_.first()->due_ns <= now) {
    TimerNode* node = timer_queue_.first();
    timer_queue_.Remove(node);
    if (node->expire == nullptr) {
      WakeTask(static_cast<SleepTimer*>(node)->task, WakeReason::kTimeout);
    } else if (!node->expire(node)) {
      constexpr int64_t kRetryNs = 20'000;
      node->due_ns = now + kRetryNs;
      timer_queue_.Add(node);
    }
  }
  waker_ = Waker::kThread;
  ArmFirstTimer();
}

void Worker::StartTimer(TimerNode* node) {
  timer_queue_.Add(node);
  ArmFirstTimer();
}

// Sets the wake-up timer for the first sleeper, unless it stands earlier.
void Worker::ArmFirstTimer() {
  if (timer_queue_.empty()) return;
  const int64_t due = timer_queue_.first()->due_ns;
  if (armed_ns_ != kNoDeadline && armed_ns_ <= due) return;
  armed_ns_ = due;
  timers.ArmWakeup(due);
}

// The worker may be gone once remote_wakers_ is back to zero, the parker once
// it is in the mailbox.
void Worker::DeliverRemotely(Parker* parker) {
  remote_wakers_.fetch_add(1, std::memory_order_relaxed);
  Parker* head = mailbox_.load(std::memory_order_relaxed);
  do {
    parker->next = head;
  } while (
      !mailbox_.compare_exchange_weak(head, parker, std::memory_order_acq_rel));
  idle_word_.fetch_add(1);
  syscall(SYS_futex, &idle_word_, FUTEX_WAKE_PRIVATE, 1);
  remote_wakers_.fetch_sub(1, std::memory_order_release);
}

void Worker::DrainMailbox() {
  Parker* newest = mailbox_.exchange(nullptr, std::memory_order_acq_rel);
  Parker* oldest = nullptr;
  while (newest != nullptr) {
    Parker* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  waker_ = Waker::kOutside;
  while (oldest != nullptr) {
    Parker* parker = oldest;
    oldest = parker->next;
    parker->delivered.store(1, std::memory_order_relaxed);
    WakeTask(parker->task, WakeReason::kWoken);
  }
  waker_ = Waker::kThread;
}

}  // namespace jiffy::internal
