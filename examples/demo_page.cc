#include "examples/demo_page.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/demo_run.h"
#include "runtime/jiffy.h"
#include "sched/sim/metrics.h"
#include "tools/page/page.h"
#include "tools/page/run_trace.h"

namespace jiffy::examples {
namespace {

using page::FinishedRun;
using page::SliceEnd;
using sched::sim::TaskMetrics;

constexpr int64_t kUnknown = -1;

int64_t Us(int64_t ns) { return ns / 1000; }

SliceEnd EndOf(const SwitchRecord& record) {
  switch (record.previous_state) {
    case 'S':
      return SliceEnd::kBlocked;
    case 'X':
      return SliceEnd::kFinished;
    default:
      return SliceEnd::kPreempted;
  }
}

// Follows the switches of a run, oldest first.
class Follower {
 public:
  Follower(const DemoResult& result, FinishedRun& run)
      : trace_(result.trace), run_(run) {
    for (const TaskResult& task : result.tasks) {
      const int32_t index = IndexOf(task.stats.id);
      run_.trace.tasks[static_cast<size_t>(index)] = task.name;
      waiting_since_us_[static_cast<size_t>(index)] =
          absl::ToInt64Microseconds(task.stats.spawned);
    }
  }

  void Follow() {
    const std::vector<SwitchRecord>& records = trace_.records;
    for (size_t i = 0; i + 1 < records.size(); ++i) {
      const int64_t start_us = Us(records[i].time_ns);
      if (records[i].next == 0) continue;
      const auto task = static_cast<size_t>(IndexOf(records[i].next));
      const SliceEnd end = EndOf(records[i + 1]);
      int64_t& since_us = waiting_since_us_[task];
      const page::Slice slice = {
          .start_us = start_us,
          .length_us = Us(records[i + 1].time_ns) - start_us,
          .waited_us =
              since_us < 0 ? 0 : std::max<int64_t>(0, start_us - since_us),
          .task = static_cast<int32_t>(task),
          .cpu = 0,
          .end = end};
      since_us = end == SliceEnd::kPreempted ? Us(records[i + 1].time_ns) : -1;
      Book(slice);
    }
  }

  // Waiting times of each task, by its number. Unknown for tasks whose
  // beginning is not in the trace.
  const std::vector<TaskMetrics>& seen() const { return seen_; }

 private:
  // Returns a thread's number on the page, assigning the next one to a new
  // thread.
  int32_t IndexOf(uint64_t id) {
    const auto [index, is_new] =
        indices_.try_emplace(id, static_cast<int32_t>(run_.trace.tasks.size()));
    if (is_new) {
      run_.trace.tasks.push_back(absl::StrCat("thread ", id, " (progress)"));
      waiting_since_us_.push_back(-1);
      seen_.emplace_back();
    }
    return index->second;
  }

  void Book(const page::Slice& slice) {
    TaskMetrics& seen = seen_[static_cast<size_t>(slice.task)];
    seen.cpu_us += slice.length_us;
    seen.waiting_us += slice.waited_us;
    seen.longest_wait_us = std::max(seen.longest_wait_us, slice.waited_us);
    seen.switches++;
    if (slice.end == SliceEnd::kPreempted) seen.preemptions++;
    page::RunTrace& kept = run_.trace;
    if (kept.kept_until_us >= 0 || !kept.Add(slice)) {
      if (kept.kept_until_us < 0) kept.kept_until_us = slice.start_us;
      kept.dropped_slices++;
    }
  }

  const SwitchTrace& trace_;
  FinishedRun& run_;
  absl::flat_hash_map<uint64_t, int32_t> indices_;
  // By number: since when a task has been runnable without the CPU, or -1.
  std::vector<int64_t> waiting_since_us_;
  std::vector<TaskMetrics> seen_;
};

// Takes the runtime's own metrics, which cover the whole run.
TaskMetrics FiguresOf(const TaskResult& task, const TaskMetrics& seen,
                      bool is_all_seen) {
  const ThreadStats& stats = task.stats;
  return {
      .name = task.name,
      .cpu_us = absl::ToInt64Microseconds(stats.cpu_time),
      .switches = stats.voluntary_switches + stats.preemptions,
      .preemptions = stats.preemptions,
      .waiting_us = is_all_seen ? seen.waiting_us : kUnknown,
      .longest_wait_us = absl::ToInt64Microseconds(stats.longest_wait),
      .bursts = static_cast<uint64_t>(task.rounds),
      .turnaround_us = absl::ToInt64Microseconds(stats.ended - stats.spawned)};
}

}  // namespace

FinishedRun MakePageRun(const DemoResult& result, const page::Limits& limits) {
  FinishedRun run = {.trace = page::RunTrace(limits), .figures = {}};
  run.trace.has_wakeups = false;
  run.trace.has_explanations = false;
  Follower follower(result, run);
  follower.Follow();

  const std::vector<SwitchRecord>& records = result.trace.records;
  const bool is_all_seen = result.trace.dropped == 0;
  if (!is_all_seen && !records.empty()) {
    run.trace.kept_from_us = Us(records.front().time_ns);
  }
  sched::sim::RunMetrics& figures = run.figures;
  figures.run.tick_us = absl::ToInt64Microseconds(result.tick);
  figures.elapsed_us = records.empty() ? 0 : Us(records.back().time_ns);
  figures.switches = records.size() + result.trace.dropped;
  double sum = 0;
  double squares = 0;
  uint64_t rounds = 0;
  for (size_t i = 0; i < run.trace.tasks.size(); ++i) {
    const TaskMetrics& seen = follower.seen()[i];
    if (i >= result.tasks.size()) {
      figures.tasks.push_back(is_all_seen ? seen : TaskMetrics());
      figures.tasks.back().turnaround_us = kUnknown;
      continue;
    }
    figures.tasks.push_back(FiguresOf(result.tasks[i], seen, is_all_seen));
    const auto cpu_us = static_cast<double>(figures.tasks.back().cpu_us);
    sum += cpu_us;
    squares += cpu_us * cpu_us;
    rounds += figures.tasks.back().bursts;
    figures.exited += result.tasks[i].stats.finished ? 1 : 0;
  }
  if (squares > 0) {
    figures.fairness =
        sum * sum / (static_cast<double>(result.tasks.size()) * squares);
  }
  if (figures.elapsed_us > 0) {
    const auto elapsed = static_cast<double>(figures.elapsed_us);
    figures.utilization = sum / elapsed;
    figures.throughput = static_cast<double>(rounds) / (elapsed / 1e6);
  }
  return run;
}

}  // namespace jiffy::examples
