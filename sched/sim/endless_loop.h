// Finds loops that would never end and never let time pass.
#ifndef JIFFY_SCHED_SIM_ENDLESS_LOOP_H_
#define JIFFY_SCHED_SIM_ENDLESS_LOOP_H_

#include "absl/status/status.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Refuses a task that would for certain loop for ever without using CPU time
// and without blocking. Whether one that locks, waits or resumes does so
// depends on the other tasks; the engine sees that as it happens.
// Errors: InvalidArgument names the task and its place.
absl::Status FindEndlessLoop(const Workload& workload);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_ENDLESS_LOOP_H_
