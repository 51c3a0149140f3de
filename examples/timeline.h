// A drawing of who ran when, with a row for each task.
#ifndef JIFFY_EXAMPLES_TIMELINE_H_
#define JIFFY_EXAMPLES_TIMELINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/screen.h"
#include "examples/trace_view.h"

namespace jiffy::examples {

// Draws the window: the higher a column, the more of its time the task was on
// the CPU. The times below count from `origin`.
std::string DrawTimeline(const Screen& screen, const TraceView& trace,
                         const std::vector<std::string>& names, Window window,
                         absl::Duration origin);

// Returns a window around the middle of `within` that is short enough to show
// single stretches on the CPU; nothing if `within` itself is short enough.
std::optional<Window> CloserLook(const Screen& screen, const TraceView& trace,
                                 Window within);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_TIMELINE_H_
