// Members of Worker that its files inline.
#ifndef JIFFY_RUNTIME_CORE_WORKER_INLINE_H_
#define JIFFY_RUNTIME_CORE_WORKER_INLINE_H_

#include <cxxabi.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "runtime/core/completion.h"
#include "runtime/core/policy_check.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/core/worker.h"
#include "sched/scheduler.h"
#include "signals/preempt.h"
#include "signals/tick.h"

namespace jiffy::internal {

// Where threads share TLS, the switch saves and restores the thread's own
// values: preempt_count, errno, the exceptions being handled.
inline void SaveShared(Task* task) {
  task->preempt_count = signals::task_frame.head.preempt_count;
  task->saved_errno = errno;
  memcpy(task->saved_exceptions, abi::__cxa_get_globals(),
         sizeof task->saved_exceptions);
}

inline void LoadShared(Task* task) {
  signals::TaskHead& head = signals::task_frame.head;
  head.current = task;
  head.preempt_count = task->preempt_count;
  errno = task->saved_errno;
  memcpy(abi::__cxa_get_globals(), task->saved_exceptions,
         sizeof task->saved_exceptions);
}

inline void Worker::Enqueue(Task& task, sched::EnqueueReason reason) {
  if (turns_.queue != nullptr) {
    turns_.queue->PushBack(task);
  } else {
    policy_->Enqueue(task, reason);
  }
}

inline void Worker::Dequeue(Task& task, sched::DequeueReason reason) {
  if (turns_.queue == nullptr) policy_->Dequeue(task, reason);
}

inline void Worker::LeavePolicy(Task& self, sched::DequeueReason reason) {
  if (holders_.running != &self) [[likely]] {
    Dequeue(self, reason);
  } else {
    EndOutOfTurn();
  }
}

inline sched::Entity* Worker::PickNext() {
  if (turns_.queue == nullptr) return policy_->PickNext();
  *turns_.reset = 0;
  return turns_.queue->PopFront();
}

inline Task* Worker::Chosen(sched::Entity* choice) {
  if (choice == nullptr) return idle_;
  if (IsUnstarted(*choice)) [[unlikely]] {
    return Start(choice);
  }
  return TaskOf(choice);
}

// Returns the time since the run began, without stolen time. If more than two
// ticks passed since the last call, the signal that tells why may still be on
// its way.
inline int64_t Worker::ClockAt(int64_t monotonic_ns) const {
  int64_t step = monotonic_ns - clock_begin_ns - clock_.now_ns;
  if (static_cast<uint64_t>(step) > static_cast<uint64_t>(2 * TickNs()))
      [[unlikely]] {
    step = Believable(step);
  }
  return clock_.now_ns + step;
}

// Returns whether `woken` takes the CPU from the current task.
inline bool Worker::WakeupPreempts(const Task& woken) {
  return turns_.queue == nullptr && current_ != idle_ &&
         policy_->WakeupPreempts(*current_, woken);
}

inline void Worker::RefreshClock() {
  clock_.now_ns = ClockAt(signals::MonotonicNs());
}

// Runs first when a task gives up the CPU: charges to it the ticks that came
// while it kept preemption off.
inline void Worker::ChargeIfAsked() {
  signals::TaskHead& head = signals::task_frame.head;
  if (head.need_resched != 0) [[unlikely]] {
    head.need_resched = 0;
    ChargeTicks();
  }
  if (modes_.needs_clock) [[unlikely]] {
    RefreshClock();
  }
}

// Runs before each switch of any kind.
inline void Worker::PrepareSwitch(Task* previous, Task* next) {
  if (next == idle_) {
    if (masks_.any_own) [[unlikely]] {
      next->signal_flags = next->signal_flags | signals::kOwnMask;
    }
  } else if (next->state != TaskState::kRunnable) [[unlikely]] {
    PanicOnChoice(policy_->name(), *next);
  }
  next->state = TaskState::kRunning;
  next->cpu = this;
  current_ = next;
  ++counters_.switches;
  if ((previous->SignalFlags() | next->SignalFlags()) != 0) [[unlikely]] {
    LeaveSignals(*previous, *next);
  }
  if (modes_.observed) [[unlikely]] {
    ObserveSwitch(previous, next);
  }
}

inline void Worker::RecallNoted() {
  if (noted || mailbox_.first.load(std::memory_order_relaxed) != nullptr)
      [[unlikely]] {
    signals::task_frame.head.need_resched = 1;
  }
}

inline void Worker::FinishCooperativeSwitch() {
  signals::TaskHead& head = signals::task_frame.head;
  if (masked || head.current->SignalFlags() != 0) [[unlikely]] {
    RestoreSignals();
  }
  RecallNoted();
}

inline int64_t Worker::CpuNs(const Task& task) const {
  if (!modes_.timed) [[likely]] {
    return static_cast<int64_t>(task.ticks) * TickNs();
  }
  int64_t ns = task.cpu_ns;
  if (&task == current_) {
    ns += ClockAt(signals::MonotonicNs()) - task.running_since_ns;
  }
  return ns;
}

inline void Worker::FinishReschedule(signals::RescheduleFrom from) {
  if (from == signals::RescheduleFrom::kGuard) {
    FinishCooperativeSwitch();
  } else {
    RecallNoted();
  }
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_WORKER_INLINE_H_
