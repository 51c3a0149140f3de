#include "examples/progress.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "examples/screen.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {
namespace {

// Where lines stay on the screen, prints about five a second for any number of
// tasks.
absl::Duration LinesInterval(size_t tasks) {
  return absl::Seconds(std::max(1.0, static_cast<double>(tasks) / 5));
}

}  // namespace

void Progress::Show(const std::vector<ThreadStats>& tasks) {
  const Clock::time_point now = Clock::now();
  longest_gap_ = std::max(longest_gap_, absl::FromChrono(now - last_call_));
  last_call_ = now;
  elapsed_ = absl::FromChrono(now - last_shown_);
  if (!screen_.in_place && elapsed_ < LinesInterval(tasks.size())) return;

  if (shown_cpu_times_.empty()) Write(screen_, "\n");
  shown_cpu_times_.resize(tasks.size());
  if (screen_.in_place) {
    Redraw(tasks);
  } else {
    PrintLines(tasks);
  }
  last_shown_ = now;
  for (size_t i = 0; i < tasks.size(); ++i) {
    shown_cpu_times_[i] = tasks[i].cpu_time;
  }
}

void Progress::Redraw(const std::vector<ThreadStats>& tasks) {
  std::string text;
  if (lines_drawn_ > 0) absl::StrAppend(&text, "\033[", lines_drawn_, "A");
  // Lines that have scrolled off the screen could not be overwritten.
  const size_t room = static_cast<size_t>(std::max(1, screen_.rows - 3));
  const size_t shown = std::min(tasks.size(), room);
  for (size_t i = 0; i < shown; ++i) {
    const double share = ShareOf(tasks, i);
    absl::StrAppendFormat(
        &text, "\r  %-12s %s %7s  %8s%s\033[K\n", tasks[i].name,
        Colored(screen_, i, Bar(screen_, share, screen_.columns - 43)),
        FormatShare(share), FormatTime(tasks[i].cpu_time),
        tasks[i].finished ? "  done" : "");
  }
  if (shown < tasks.size()) {
    absl::StrAppendFormat(&text, "\r  and %d more\033[K\n",
                          tasks.size() - shown);
  }
  lines_drawn_ = shown + (shown < tasks.size() ? 1 : 0);
  Write(screen_, text);
}

void Progress::PrintLines(const std::vector<ThreadStats>& tasks) {
  const std::string time = FormatTime(absl::FromChrono(last_call_ - start_));
  std::string text;
  for (size_t i = 0; i < tasks.size(); ++i) {
    // A finished task is shown once.
    if (tasks[i].finished && tasks[i].cpu_time == shown_cpu_times_[i]) continue;
    absl::StrAppendFormat(&text, "  %8s  %-12s %7s of the CPU, %8s so far%s\n",
                          time, tasks[i].name, FormatShare(ShareOf(tasks, i)),
                          FormatTime(tasks[i].cpu_time),
                          tasks[i].finished ? ", done" : "");
  }
  Write(screen_, text);
}

double Progress::ShareOf(const std::vector<ThreadStats>& tasks,
                         size_t task) const {
  if (elapsed_ <= absl::ZeroDuration()) return 0;
  return absl::FDivDuration(tasks[task].cpu_time - shown_cpu_times_[task],
                            elapsed_);
}

}  // namespace jiffy::examples
