#include "examples/timeline.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "examples/screen.h"
#include "examples/trace_view.h"

namespace jiffy::examples {
namespace {

constexpr int kNameColumns = 12;

int TimeColumns(const Screen& screen) {
  return screen.columns - kNameColumns - 6;
}

}  // namespace

std::string DrawTimeline(const Screen& screen, const TraceView& trace,
                         const std::vector<std::string>& names, Window window,
                         absl::Duration origin) {
  const int columns = TimeColumns(screen);
  const char* edge = screen.unicode ? "│" : "|";
  // Where columns are too wide to show single stretches, averaging over whole
  // rounds makes a calmer picture.
  absl::Duration resolution;
  if (trace.mean_stretch() < window.length() / columns) {
    resolution = trace.mean_stretch() * static_cast<int64_t>(trace.rows());
  }
  std::string text;
  for (size_t row = 0; row < names.size(); ++row) {
    std::string cells;
    for (const double density :
         trace.Density(row, window, columns, resolution)) {
      absl::StrAppend(&cells, Cell(screen, density));
    }
    absl::StrAppendFormat(&text, "  %-*s %s%s%s\n", kNameColumns, names[row],
                          edge, Colored(screen, row, cells), edge);
  }
  const std::string begin = FormatTime(window.begin - origin);
  const std::string end = FormatTime(window.end - origin);
  absl::StrAppendFormat(&text, "  %-*s  %s%*s\n", kNameColumns, "", begin,
                        columns - static_cast<int>(begin.size()), end);
  return text;
}

std::optional<Window> CloserLook(const Screen& screen, const TraceView& trace,
                                 Window within) {
  constexpr int kColumnsPerStretch = 4;
  const absl::Duration length =
      trace.mean_stretch() * TimeColumns(screen) / kColumnsPerStretch;
  if (length <= absl::ZeroDuration() || 2 * length > within.length()) {
    return std::nullopt;
  }
  const absl::Duration begin = within.begin + (within.length() - length) / 2;
  return Window{begin, begin + length};
}

}  // namespace jiffy::examples
