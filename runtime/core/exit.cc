// Ends a thread. Context: as in the scheduling core (core/switch.cc), with
// preemption off.

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {

inline void Worker::KeepCounts(const Task& task) {
  EndCounts& counts = task.completion->counts;
  static_cast<Counts&>(counts) = task;
  counts.voluntary_switches = task.voluntary_switches;
  counts.cpu_ns = CpuNs(task);
  counts.ended_ns = 0;
  if (modes_.timed) [[unlikely]] {
    counts.ended_ns = signals::MonotonicNs() - machine_.start_ns;
  }
}

arch::Context* Worker::ExitCurrent() {
  ChargeIfAsked();
  Task* self = current_;
  self->state = TaskState::kFinished;
  self->voluntary_switches++;
  LeavePolicy(*self, sched::DequeueReason::kExited);
  if (turns_.queue == nullptr) policy_->Detach(*self);

  machine_.Remove(self);
  --machine_.live;

  Task* joiner = nullptr;
  if (Completion* completion = self->completion; completion != nullptr) {
    if (trace_.tracer.on()) [[unlikely]] {
      trace_.tracer.KeepName(self->id, completion->name);
    }
    KeepCounts(*self);
    completion->task = nullptr;
    if (completion->orphaned) {
      Drop(completion);
    } else {
      joiner = completion->joiner;
      signals::Released(completion);
      EndCompletion(completion, Completion::kFinished);
    }
  }
  if (joiner != nullptr) WakeTask(joiner, WakeReason::kWoken);

  // The stack is in use until the switch, so a thread that starts here takes
  // another one. Only this worker takes slots from the pool, and it is here.
  Task* next = Chosen(PickNext());
  stacks_.slots.Put(self);
  PrepareSwitch(self, next);
  if (shared_tls) LoadShared(next);
  signals::AnnotatedSwitch::End(*next);
  return &next->context;
}

}  // namespace jiffy::internal
