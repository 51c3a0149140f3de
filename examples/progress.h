// The demo's live progress: each task's share of the CPU.
#ifndef JIFFY_EXAMPLES_PROGRESS_H_
#define JIFFY_EXAMPLES_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/screen.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {

// Shows a line for each task: on a terminal it is redrawn in place; elsewhere,
// new lines are printed about once a second.
class Progress {
 public:
  explicit Progress(const Screen& screen) : screen_(screen) {}

  // How often Show should be called.
  absl::Duration interval() const { return absl::Milliseconds(100); }
  // Shows the tasks' current state, if the display is due.
  void Show(const std::vector<ThreadStats>& tasks);

  // The longest time from one call of Show to the next.
  absl::Duration longest_gap() const { return longest_gap_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Redraw(const std::vector<ThreadStats>& tasks);
  void PrintLines(const std::vector<ThreadStats>& tasks);
  // Share of the CPU since the last display.
  double ShareOf(const std::vector<ThreadStats>& tasks, size_t task) const;

  const Screen& screen_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_call_ = start_;
  Clock::time_point last_shown_ = start_;
  absl::Duration longest_gap_;
  // Since `last_shown_`.
  absl::Duration elapsed_;
  // CPU times at `last_shown_`.
  std::vector<absl::Duration> shown_cpu_times_;
  size_t lines_drawn_ = 0;
};

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_PROGRESS_H_
