// Records the scheduling core's work on request: exact times and the trace. The
// core calls these functions if `modes_.observed` is set.

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
  if (modes_.timed) {
    monotonic_ns = signals::MonotonicNs();
    clock_.now_ns = ClockAt(monotonic_ns);
    AccountSwitch(previous, next);
  }
  if (!trace_.tracer.on()) return;
  const uint64_t stamp = modes_.timed ? static_cast<uint64_t>(monotonic_ns)
                                      : trace_.tracer.Stamp();
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
        reason = counters_.preemptions != trace_.preemptions
                     ? LeaveReason::kPreempted
                     : LeaveReason::kYielded;
    }
  }
  trace_.preemptions = counters_.preemptions;
  trace_.tracer.Record(
      stamp, TraceKind::kSwitch,
      static_cast<uint8_t>(static_cast<uint8_t>(reason) + wait),
      next == idle_ ? 0 : next->id);
}

void Worker::ObserveWakeup(Task* task) {
  int64_t monotonic_ns = 0;
  if (modes_.timed) {
    monotonic_ns = signals::MonotonicNs();
    task->runnable_since_ns = ClockAt(monotonic_ns);
  }
  if (!trace_.tracer.on()) return;
  trace_.tracer.Record(modes_.timed ? static_cast<uint64_t>(monotonic_ns)
                                    : trace_.tracer.Stamp(),
                       TraceKind::kWakeup, static_cast<uint8_t>(trace_.waker),
                       task->id);
}

void Worker::AccountSwitch(Task* previous, Task* next) {
  if (previous != idle_) {
    previous->cpu_ns += clock_.now_ns - previous->running_since_ns;
    if (previous->state == TaskState::kRunnable) {
      previous->runnable_since_ns = clock_.now_ns;
    }
  }
  if (next != idle_) {
    const int64_t wait = clock_.now_ns - next->runnable_since_ns;
    if (wait > next->longest_wait_ns) next->longest_wait_ns = wait;
    next->running_since_ns = clock_.now_ns;
  }
}

}  // namespace jiffy::internal
