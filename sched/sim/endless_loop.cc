#include "sched/sim/endless_loop.h"

#include <algorithm>

#include "absl/status/status.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {
namespace {

// Returns whether an event may take time or block its task.
bool MayTakeTime(const Workload& workload, const Event& event) {
  switch (event.kind) {
    case EventKind::kRun:
    case EventKind::kSleep:
    case EventKind::kTimer:
      return event.us > 0;
    case EventKind::kLock:
    case EventKind::kWait:
    case EventKind::kSync:
    case EventKind::kSuspend:
    case EventKind::kSemWait:
      return true;
    case EventKind::kBarrier:
      return workload.barriers[static_cast<size_t>(event.object)].users > 1;
    case EventKind::kUnlock:
    case EventKind::kSignal:
    case EventKind::kBroadcast:
    case EventKind::kResume:
    case EventKind::kYield:
    case EventKind::kFork:
    case EventKind::kSemPost:
      return false;
  }
  return true;
}

bool MayTakeTime(const Workload& workload, const Phase& phase) {
  return std::any_of(
      phase.events.begin(), phase.events.end(),
      [&](const Event& event) { return MayTakeTime(workload, event); });
}

// Returns whether a thread of `task` enters an endless loop that takes no time.
bool SpinsForever(const Workload& workload, const TaskSpec& task) {
  if (task.loop == 0) return false;
  bool takes_time = false;
  for (const Phase& phase : task.phases) {
    const bool phase_takes_time = MayTakeTime(workload, phase);
    // No later phase is ever reached.
    if (phase.loop == kForever) return !phase_takes_time;
    takes_time |= phase_takes_time;
  }
  return task.loop == kForever && !task.phases.empty() && !takes_time;
}

}  // namespace

absl::Status FindEndlessLoop(const Workload& workload) {
  for (const TaskSpec& task : workload.tasks) {
    if (!SpinsForever(workload, task)) continue;
    return workload.source->Error(
        task.offset, task.name,
        "expected a \"run\", a \"sleep\" or another event that takes time: the "
        "task would loop for ever without using CPU and without blocking");
  }
  return absl::OkStatus();
}

}  // namespace jiffy::sched::sim
