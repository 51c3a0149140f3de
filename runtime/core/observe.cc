// What is kept of the scheduling core's doings, if anybody asked: exact times
// and the trace. The core calls these where `observed_` is set.

#include <cstdint>

#include "runtime/core/task.h"
#include "runtime/core/tracer.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "signals/tick.h"

namespace jiffy::internal {

// Context: `previous` has its new state; current_ is `next`.
void Worker::ObserveSwitch(Task* previous, Task* next) {
  int64_t monotonic_ns = 0;
  if (timed_) {
    monotonic_ns = signals::MonotonicNs();
    now_ns_ = ClockAt(monotonic_ns);
    AccountSwitch(previous, next);
  }
  if (!tracer_.on()) return;
  const uint64_t stamp =
      timed_ ? static_cast<uint64_t>(monotonic_ns) : tracer_.Stamp();
  LeaveReason reason = LeaveReason::kIdle;
  uint8_t wait = 0;
  if (previous != idle_) {
    switch (previous->state) {
      case TaskState::kBlocked:
        reason = LeaveReason::kBlocked;
        wait = static_cast<uint8_t>(previous->wait_kind);
        break;
      case TaskState::kFinished:
        reason = LeaveReason::kFinished;
        break;
      default:
        // A preemption is counted just before its switch.
        reason = preemptions_ != preemptions_traced_ ? LeaveReason::kPreempted
                                                     : LeaveReason::kYielded;
    }
  }
  preemptions_traced_ = preemptions_;
  tracer_.Record(stamp, TraceKind::kSwitch,
                 static_cast<uint8_t>(static_cast<uint8_t>(reason) + wait),
                 next == idle_ ? 0 : next->id);
}

void Worker::ObserveWakeup(Task* task) {
  int64_t monotonic_ns = 0;
  if (timed_) {
    monotonic_ns = signals::MonotonicNs();
    task->runnable_since_ns = ClockAt(monotonic_ns);
  }
  if (!tracer_.on()) return;
  tracer_.Record(timed_ ? static_cast<uint64_t>(monotonic_ns) : tracer_.Stamp(),
                 TraceKind::kWakeup, static_cast<uint8_t>(waker_), task->id);
}

void Worker::AccountSwitch(Task* previous, Task* next) {
  if (previous != idle_) {
    previous->cpu_ns += now_ns_ - previous->running_since_ns;
    if (previous->state == TaskState::kRunnable) {
      previous->runnable_since_ns = now_ns_;
    }
  }
  if (next != idle_) {
    const int64_t wait = now_ns_ - next->runnable_since_ns;
    if (wait > next->longest_wait_ns) next->longest_wait_ns = wait;
    next->running_since_ns = now_ns_;
  }
}

}  // namespace jiffy::internal
