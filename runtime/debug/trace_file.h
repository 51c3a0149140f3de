// Writes a recording as a file for people to view.
#ifndef JIFFY_RUNTIME_DEBUG_TRACE_FILE_H_
#define JIFFY_RUNTIME_DEBUG_TRACE_FILE_H_

#include <string_view>

#include "runtime/core/tracer.h"
#include "runtime/stats.h"
#include "trace/output_file.h"

namespace jiffy::internal {

// Writes the recording as Chrome's trace event JSON: a track for the CPU, one
// for each thread and one for each thread's own spans; an arrow for each
// wake-up and spawn; the number of threads that wait for the CPU.
// docs/tracing.md says how each looks. `scheduler` is the policy's name.
void WriteTrace(const Recording& recording, std::string_view scheduler,
                trace::OutputFile& file);

// Returns the recording's switches. `switches` is the number of switches in the
// run.
SwitchTrace SwitchesOf(const Recording& recording, uint64_t switches);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_TRACE_FILE_H_
