// A run's switches as a record of who was on the CPU when.
#ifndef JIFFY_EXAMPLES_TRACE_VIEW_H_
#define JIFFY_EXAMPLES_TRACE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {

// A stretch of time, counted since the run began.
struct Window {
  absl::Duration begin;
  absl::Duration end;

  absl::Duration length() const { return end - begin; }
};

class TraceView {
 public:
  // Takes the ids of the threads to show: the first one is row 0.
  TraceView(const SwitchTrace& trace, const std::vector<uint64_t>& thread_ids);

  // The time that the trace covers: part of the run if old switches were
  // dropped.
  Window covered() const { return covered_; }
  size_t rows() const { return rows_.size(); }
  // Mean time of a row's stretch on the CPU, over all rows.
  absl::Duration mean_stretch() const;

  // Returns how long the row was on the CPU within the window.
  absl::Duration CpuTime(size_t row, Window window) const {
    return CpuTimeUntil(row, window.end) - CpuTimeUntil(row, window.begin);
  }
  // Returns, for each of `columns` equal parts of the window, the fraction of
  // the part that the row was on the CPU, from 0 to 1. A part shorter than
  // `resolution` is averaged with its surroundings.
  std::vector<double> Density(size_t row, Window window, int columns,
                              absl::Duration resolution) const;

 private:
  struct Stretch {
    Window window;
    // CPU time of all stretches before this one.
    absl::Duration cpu_time_before;
  };

  absl::Duration CpuTimeUntil(size_t row, absl::Duration time) const;

  // For each row, ordered by time.
  std::vector<std::vector<Stretch>> rows_;
  Window covered_;
};

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_TRACE_VIEW_H_
