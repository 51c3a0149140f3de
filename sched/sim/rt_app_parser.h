// Reads workloads in rt-app's file format.
//
// rt-app (https://github.com/scheduler-tools/rt-app) is the tool with which
// Linux scheduler developers describe and replay loads; its tutorial describes
// the format. Here it is read as strictly as its users need: what would be
// misunderstood is refused, what concerns rt-app alone is noted and ignored.
//
// Read differently from rt-app, on purpose:
// - Members keep their order and may repeat; rt-app needs workgen for that.
// - Unknown keys are errors, and so are settings given twice.
// - `mem`, `iorun`, `memrun` use as many ns of CPU as rt-app would write
//   bytes, rounded up to whole microseconds: there is no memory to write to.
// - A loop count of 0 is none; rt-app, in a phase, takes it for ever.
// - `barrier` is pthread_barrier_wait(), whose count starts anew each time.
#ifndef JIFFY_SCHED_SIM_RT_APP_PARSER_H_
#define JIFFY_SCHED_SIM_RT_APP_PARSER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Parses the text of a file; the name is for messages. Any bytes may come in:
// time and memory are bounded by kMaxJsonBytes and kMaxThreads.
// Errors: InvalidArgument, `file:line:column: key "KEY": what was expected`.
absl::StatusOr<Workload> ParseWorkload(std::string_view text,
                                       std::string_view file_name);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RT_APP_PARSER_H_
