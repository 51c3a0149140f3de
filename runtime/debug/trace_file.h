// A recording as a file for people to look at.
#ifndef JIFFY_RUNTIME_DEBUG_TRACE_FILE_H_
#define JIFFY_RUNTIME_DEBUG_TRACE_FILE_H_

#include <string_view>

#include "runtime/core/tracer.h"
#include "runtime/stats.h"
#include "trace/output_file.h"

namespace jiffy::internal {

// Writes what the recording tells as Chrome's trace event JSON: a track for the
// CPU, one for each thread and one for each thread's own spans; an arrow for
// each wake-up and spawn; how many threads wait for the CPU. docs/tracing.md
// says what each looks like. `scheduler` is the policy's name.
void WriteTrace(const Recording& recording, std::string_view scheduler,
                trace::OutputFile& file);

// Returns the recording's switches. `switches` is how many there were.
SwitchTrace SwitchesOf(const Recording& recording, uint64_t switches);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_TRACE_FILE_H_
