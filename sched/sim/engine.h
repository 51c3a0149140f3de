// The discrete-event simulator: runs a workload under a policy, in virtual
// time.
//
// Time is in whole microseconds and jumps from event to event. The machine has
// a policy instance for each CPU, and one tick for all CPUs, at multiples of
// its period. Each instant has these steps, in this order:
//
// 1. The task on the CPU is charged the tick.
// 2. CPU bursts that end now are completed, and their tasks continue up to
//    their next burst, block, yield or exit.
// 3. Tasks whose wake-up is due wake, by (due time, slot).
// 4. The policy makes one decision, if one is due: the task on the CPU blocked,
//    exited, yielded, used up its slice or was preempted by a wake-up, or the
//    CPU is idle. The chosen task continues up to its next burst, block, yield
//    or exit; if it uses no CPU time, another decision follows.
//
// With several CPUs, each step is done for all CPUs, lowest number first,
// before the next step.
//
// All tasks are created at time 0 in the order of the file: slot 1, 2, ... A
// task with a delay sleeps first, and its first Enqueue is kWoken. A task that
// exits frees its slot; a forked task takes the lowest free slot. A thread is
// named TASK-INDEX, where INDEX counts all threads of the run from 0; a forked
// one TASK-INDEX-NNNN, where NNNN counts the forks of that task.
//
// Balancing: a task's slot determines its CPU, round-robin over the CPUs that
// its `cpus` allow. The task moves only if a phase's `cpus` require it. (If a
// machine has none of them, the task may run on any CPU; a note says so.)
//
// A switch takes no time. Idle ticks change only jiffies.
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

// Runs a workload from beginning to end and reports its events to the sinks.
// The same arguments give the same run.
// Errors: those of MakePolicy; InvalidArgument names an option and its value,
// or the place in the workload of a thread's error (it unlocks a mutex that it
// does not hold, forks endlessly, spins without using CPU time);
// ResourceExhausted if the policy refuses a task; Internal if the policy
// chooses a task that is not runnable.
absl::StatusOr<SimResult> Simulate(const Workload& workload,
                                   const SimOptions& options,
                                   const std::vector<TraceSink*>& sinks);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_ENGINE_H_
