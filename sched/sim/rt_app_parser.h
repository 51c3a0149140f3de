// Reads workloads in rt-app's file format.
//
// rt-app (https://github.com/scheduler-tools/rt-app) is the tool with which
// Linux scheduler developers describe and replay loads. Its tutorial describes
// the format, its source the input that it really accepts. This parser accepts
// and ignores the same input as rt-app, but adds a note for each ignored part.
//
// Read differently from rt-app, on purpose:
// - Events keep their order and may repeat; rt-app needs workgen for that. As
//   with workgen, the first of two settings of the same name counts, and a
//   second task of the same name gets a number.
// - Negative times, thread counts and periods are refused, and so is a task
//   that would loop for ever without using CPU and without blocking.
// - SCHED_BATCH, `memrun` and `sem_wait`/`sem_post`, which not all rt-app
//   versions have, are supported: `memrun` may be an object with a time or a
//   size, and a semaphore begins with 0.
// - `mem`, `iorun` and `memrun` use 1 ns of CPU for each byte that rt-app would
//   write, rounded up to whole microseconds: there is no memory to write to.
// - `barrier` is pthread_barrier_wait(), whose count restarts each time.
#ifndef JIFFY_SCHED_SIM_RT_APP_PARSER_H_
#define JIFFY_SCHED_SIM_RT_APP_PARSER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Parses the text of a file; `file_name` is for messages. Any bytes are safe:
// kMaxJsonBytes and kMaxThreads bound time and memory.
// Errors: InvalidArgument, `file:line:column: key "KEY": what was expected`.
absl::StatusOr<Workload> ParseWorkload(std::string_view text,
                                       std::string_view file_name);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RT_APP_PARSER_H_
