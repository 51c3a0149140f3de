// Reads workloads in rt-app's file format.
//
// rt-app (https://github.com/scheduler-tools/rt-app) is the tool with which
// Linux scheduler developers describe and replay loads; its tutorial describes
// the format, its source what it really takes. What rt-app runs is run here,
// and what it ignores is ignored, but with a note for each.
//
// Read differently from rt-app, on purpose:
// - Events keep their order and may repeat; rt-app needs workgen for that. As
//   with workgen, of a setting that is given twice the first counts, and a
//   second task of one name gets a number.
// - Negative times, numbers of threads and periods are refused; so is a task
//   that would loop for ever without using CPU and without blocking.
// - Of SCHED_BATCH, `memrun` and `sem_wait`/`sem_post`, which not all versions
//   have, `memrun` may be an object with a time or a size, and a semaphore
//   begins with 0.
// - `mem`, `iorun`, `memrun` use as many ns of CPU as rt-app would write
//   bytes, rounded up to whole microseconds: there is no memory to write to.
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
