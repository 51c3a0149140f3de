// A workload on live green threads, preempted by a real timer.
#ifndef JIFFY_TOOLS_LAB_LIVE_LIVE_RUN_H_
#define JIFFY_TOOLS_LAB_LIVE_LIVE_RUN_H_

#include <vector>

#include "absl/status/statusor.h"
#include "sched/sim/rules.h"
#include "sched/sim/trace.h"
#include "sched/sim/workload.h"

namespace jiffy::lab {

// Runs a workload as sched::sim::Simulate does, but in real time: its threads
// are green threads of a jiffy run, the policy is the same object, `run` uses
// up CPU time. Sinks receive the same events, in an OS thread of their own.
//
// A live run differs from a simulation: a switch takes time, a tick or wake-up
// comes a few microseconds late, and other programs take the CPU away; a note
// says how much if it is more than a little. Time 0 is right after a tick. A
// task's CPU time is that of the kernel's clock for the worker while the task
// ran on it, so it excludes the time that others took.
//
// Context: OS thread that is in no run. Errors: as Simulate, with those of
// jiffy::Runtime (times below 50 us); InvalidArgument if `cpus` is not 1;
// ResourceExhausted also if there is no memory for the threads, or if the sinks
// are too slow for what happens.
absl::StatusOr<sched::sim::SimResult> RunLive(
    const sched::sim::Workload& workload, const sched::sim::SimOptions& options,
    const std::vector<sched::sim::TraceSink*>& sinks);

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_LIVE_LIVE_RUN_H_
