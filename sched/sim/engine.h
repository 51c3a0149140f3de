// The discrete-event simulator: a workload under a policy, in virtual time.
//
// Time is in whole microseconds and jumps from event to event. The machine has
// a policy instance for each CPU and a tick that all CPUs share, at multiples
// of its period. What happens at one instant happens in this order:
//
// 1. The tick is charged to the task on the CPU.
// 2. The CPU burst that ends now, and what its task does next, up to its next
//    burst, block, yield or exit.
// 3. The wake-ups that are due, by (due time, slot).
// 4. One decision of the policy, if one is due: the task on the CPU blocked,
//    exited, yielded, used up its slice or was preempted by a wake-up, or the
//    CPU is idle. The task chosen goes on up to its next burst, block, yield or
//    exit; if it uses no CPU time, another decision follows.
//
// With several CPUs each step is done for all of them, lowest number first,
// before the next one.
//
// All tasks are created at time 0 in the order of the file: slot 1, 2, ... One
// with a delay sleeps first, and its first Enqueue is kWoken. A task that exits
// leaves its slot; one that is forked takes the lowest free slot. A thread is
// named TASK-INDEX, where INDEX counts all threads of the run from 0, or if
// forked TASK-INDEX-NNNN, where NNNN counts the forks of that task.
//
// Balancing: a task lives on the CPU that its slot says, slots going round the
// CPUs that its `cpus` allow; it moves only if a phase's `cpus` make it. (If a
// machine has none of them, the task may run on any; a note says so.)
//
// A switch takes no time. Idle ticks change nothing but jiffies.
#ifndef JIFFY_SCHED_SIM_ENGINE_H_
#define JIFFY_SCHED_SIM_ENGINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sched/sim/rules.h"
#include "sched/sim/trace.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Runs a workload from beginning to end and tells the sinks what happens. The
// same arguments give the same run.
// Errors: what MakePolicy returns; InvalidArgument names an option and its
// value, or the place in the workload of what a thread did wrong (unlock a
// mutex that it does not hold, fork without end, spin without using CPU time);
// ResourceExhausted if the policy refuses a task; Internal if it chooses a task
// that is not runnable.
absl::StatusOr<SimResult> Simulate(const Workload& workload,
                                   const SimOptions& options,
                                   const std::vector<TraceSink*>& sinks);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_ENGINE_H_
