// Finds endless loops in which no time passes.
#ifndef JIFFY_SCHED_SIM_ENDLESS_LOOP_H_
#define JIFFY_SCHED_SIM_ENDLESS_LOOP_H_

#include "absl/status/status.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Refuses a task that would certainly loop for ever without using CPU time and
// without blocking. For a task that locks, waits or resumes, this depends on
// the other tasks; the engine detects that during the run.
// Errors: InvalidArgument names the task and its place.
absl::Status FindEndlessLoop(const Workload& workload);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_ENDLESS_LOOP_H_
