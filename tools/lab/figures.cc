#include "tools/lab/figures.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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

std::string FiguresTable(const RunMetrics& metrics, size_t most_tasks) {
  std::vector<const TaskMetrics*> tasks;
  for (const TaskMetrics& task : metrics.tasks) tasks.push_back(&task);
  if (most_tasks > 0 && tasks.size() > most_tasks) {
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const TaskMetrics* a, const TaskMetrics* b) {
                       return a->cpu_us > b->cpu_us;
                     });
    tasks.resize(most_tasks);
  }
  TextTable table;
  table.Add({"task", "cpu ms", "share", "switches", "preempted", "waiting ms",
             "longest", "latency p50", "p99", "max", "turnaround"});
  for (const TaskMetrics* const shown : tasks) {
    const TaskMetrics& task = *shown;
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
  const size_t hidden = metrics.tasks.size() - tasks.size();
  return absl::StrCat(
      table.Draw(),
      hidden == 0 ? ""
                  : absl::StrCat("and ", hidden,
                                 " more tasks with less CPU time (--tasks 0 "
                                 "shows all)\n"),
      absl::StrFormat(
          "%d switches, CPU %.2f%% busy, %.1f runs done a second, %d of %d "
          "tasks exited,\nJain fairness %.4f (1: all got the same CPU time)\n",
          metrics.switches, 100 * metrics.utilization, metrics.throughput,
          metrics.exited, metrics.tasks.size(), metrics.fairness));
}

}  // namespace jiffy::lab
