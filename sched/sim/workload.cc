#include "sched/sim/workload.h"

#include <algorithm>

namespace jiffy::sched::sim {

const char* NameOf(TaskPolicy policy) {
  switch (policy) {
    case TaskPolicy::kOther:
      return "SCHED_OTHER";
    case TaskPolicy::kBatch:
      return "SCHED_BATCH";
    case TaskPolicy::kIdle:
      return "SCHED_IDLE";
    case TaskPolicy::kRoundRobin:
      return "SCHED_RR";
    case TaskPolicy::kFifo:
      return "SCHED_FIFO";
    case TaskPolicy::kDeadline:
      return "SCHED_DEADLINE";
  }
  return "";
}

TaskParams ToTaskParams(const SchedParams& params) {
  TaskParams result;
  switch (params.policy) {
    case TaskPolicy::kBatch:
      result.sched_class = SchedClass::kBatch;
      [[fallthrough]];
    case TaskPolicy::kOther:
      result.nice = params.priority;
      // As in sched_setattr() since Linux 6.12.
      result.slice_ns = params.runtime_us * 1000;
      break;
    case TaskPolicy::kIdle:
      // SCHED_IDLE ignores the task's nice value. The value here is for
      // policies that have no class below the normal one.
      result.sched_class = SchedClass::kIdle;
      result.nice = 19;
      break;
    case TaskPolicy::kRoundRobin:
      result.sched_class = SchedClass::kRoundRobin;
      result.priority = params.priority;
      break;
    case TaskPolicy::kFifo:
      result.sched_class = SchedClass::kFifo;
      result.priority = params.priority;
      break;
    case TaskPolicy::kDeadline:
      result.sched_class = SchedClass::kDeadline;
      result.runtime_ns = params.runtime_us * 1000;
      result.period_ns = params.period_us * 1000;
      result.deadline_ns = params.deadline_us * 1000;
      break;
  }
  return result;
}

bool TaskSpec::LoopsForever() const {
  if (phases.empty() || loop == 0) return false;
  return loop == kForever ||
         std::any_of(phases.begin(), phases.end(),
                     [](const Phase& phase) { return phase.loop == kForever; });
}

}  // namespace jiffy::sched::sim
