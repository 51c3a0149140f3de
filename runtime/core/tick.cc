// The rare work of a tick: counts long guards, notes calls that the tick cut
// short, and lends the CPU to the idle context. Context: as in the scheduling
// core (core/switch.cc), in the interrupt handler.

#include "signals/tick.h"

#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/slot_trim.h"
#include "runtime/core/task.h"
#include "runtime/core/watchdog.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "signals/cpu.h"

namespace jiffy::internal {

void Worker::GuardedTickHook(signals::Cpu* cpu, bool may_report) {
  auto* worker = static_cast<Worker*>(cpu);
  if (worker->current_ == worker->idle_) return;
  const uint64_t ticks = worker->ticks_seen - worker->clock_.ticks_charged;
  const int64_t ns = static_cast<int64_t>(ticks) * worker->TickNs();
  if (ns > worker->counters_.longest_guard_ns)
    worker->counters_.longest_guard_ns = ns;
  if (may_report) worker->watchdog_.GuardedTick(*worker->current_, ns);
}

void Worker::CallEndedHook() {
  CallRecord* record = CurrentCallRecord();
  if (record != nullptr && record->cut_short_ns == 0) {
    record->cut_short_ns = signals::MonotonicNs();
  }
}

// If stacks must be trimmed, switches to the idle context, which then switches
// to the next thread. Returns whether it did; the return may come much later.
[[gnu::noinline, gnu::cold]] bool Worker::LendForTrimming(
    bool preempt, signals::RescheduleFrom from) {
  if (!stacks_.trimmer.Due(stacks_.slots, clock_.now_ns)) return false;
  Task* self = current_;
  Task* next = self;
  if (preempt) {
    if (modes_.needs_clock) RefreshClock();
    policy_->Enqueue(*self, sched::EnqueueReason::kPreempted);
    sched::Entity* choice = policy_->PickNext();
    if (choice != self) {
      self->preemptions++;
      ++counters_.preemptions;
      next = Chosen(choice);
    }
  }
  if (next != idle_) {
    stacks_.trimmer.Borrow(next);
    next->state = TaskState::kRunnable;
  }
  LeaveFromTick(idle_, from);
  return true;
}

}  // namespace jiffy::internal
