#include "examples/trace_view.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {

TraceView::TraceView(const SwitchTrace& trace,
                     const std::vector<uint64_t>& thread_ids)
    : rows_(thread_ids.size()) {
  if (trace.records.empty()) return;
  absl::flat_hash_map<uint64_t, size_t> row_of;
  for (size_t row = 0; row < thread_ids.size(); ++row) {
    row_of[thread_ids[row]] = row;
  }
  for (size_t i = 0; i + 1 < trace.records.size(); ++i) {
    const auto row = row_of.find(trace.records[i].next);
    if (row == row_of.end()) continue;
    std::vector<Stretch>& stretches = rows_[row->second];
    absl::Duration before;
    if (!stretches.empty()) {
      const Stretch& last = stretches.back();
      before = last.cpu_time_before + last.window.length();
    }
    stretches.push_back({{absl::Nanoseconds(trace.records[i].time_ns),
                          absl::Nanoseconds(trace.records[i + 1].time_ns)},
                         before});
  }
  covered_ = {absl::Nanoseconds(trace.records.front().time_ns),
              absl::Nanoseconds(trace.records.back().time_ns)};
}

absl::Duration TraceView::mean_stretch() const {
  absl::Duration cpu_time;
  int64_t stretches = 0;
  for (size_t row = 0; row < rows_.size(); ++row) {
    cpu_time += CpuTimeUntil(row, covered_.end);
    stretches += static_cast<int64_t>(rows_[row].size());
  }
  return stretches == 0 ? cpu_time : cpu_time / stretches;
}

absl::Duration TraceView::CpuTimeUntil(size_t row, absl::Duration time) const {
  const std::vector<Stretch>& stretches = rows_[row];
  // The first stretch that begins later; the one before it counts in part.
  const auto later = std::partition_point(
      stretches.begin(), stretches.end(),
      [time](const Stretch& stretch) { return stretch.window.begin <= time; });
  if (later == stretches.begin()) return absl::ZeroDuration();
  const Stretch& last = *(later - 1);
  return last.cpu_time_before +
         std::min(time - last.window.begin, last.window.length());
}

std::vector<double> TraceView::Density(size_t row, Window window, int columns,
                                       absl::Duration resolution) const {
  std::vector<double> density;
  const absl::Duration width = window.length() / columns;
  const absl::Duration around =
      std::max(resolution - width, absl::ZeroDuration()) / 2;
  for (int column = 0; column < columns; ++column) {
    const absl::Duration begin = window.begin + column * width;
    const Window seen = {std::max(begin - around, window.begin),
                         std::min(begin + width + around, window.end)};
    const bool empty = seen.length() <= absl::ZeroDuration();
    density.push_back(
        empty ? 0 : absl::FDivDuration(CpuTime(row, seen), seen.length()));
  }
  return density;
}

}  // namespace jiffy::examples
