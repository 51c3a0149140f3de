#include "tools/lab/figures.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/lab/text_table.h"

namespace jiffy::lab {

using sched::sim::RunMetrics;
using sched::sim::TaskMetrics;

namespace {

std::string Ms(int64_t us) {
  return absl::StrFormat("%.3f", static_cast<double>(us) / 1000);
}

}  // namespace

std::string FiguresTable(const RunMetrics& metrics) {
  TextTable table;
  table.Add({"task", "cpu ms", "share", "switches", "preempted", "waiting ms",
             "longest", "latency p50", "p99", "max", "turnaround"});
  for (const TaskMetrics& task : metrics.tasks) {
    const bool woken = task.wakeups > 0;
    table.Add({task.name, Ms(task.cpu_us),
               absl::StrFormat("%.2f%%", 100 * task.share),
               absl::StrCat(task.switches), absl::StrCat(task.preemptions),
               Ms(task.waiting_us), Ms(task.longest_wait_us),
               woken ? Ms(task.latency_p50_us) : "-",
               woken ? Ms(task.latency_p99_us) : "-",
               woken ? Ms(task.latency_max_us) : "-",
               task.turnaround_us < 0 ? "-" : Ms(task.turnaround_us)});
  }
  return absl::StrCat(
      table.Draw(),
      absl::StrFormat(
          "%d switches, CPU %.2f%% busy, %.1f runs done a second, %d of %d "
          "tasks exited,\nJain fairness %.4f (1: all got the same CPU time)\n",
          metrics.switches, 100 * metrics.utilization, metrics.throughput,
          metrics.exited, metrics.tasks.size(), metrics.fairness));
}

}  // namespace jiffy::lab
