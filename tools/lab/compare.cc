#include "tools/lab/compare.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "sched/sim/engine.h"
#include "tools/lab/live/live_run.h"
#include "tools/lab/run_options.h"
#include "tools/lab/text_table.h"
#include "tools/page/page.h"
#include "tools/page/run_sink.h"

namespace jiffy::lab {

using sched::sim::MetricsSink;
using sched::sim::RunMetrics;
using sched::sim::SimOptions;
using sched::sim::SimResult;
using sched::sim::TaskMetrics;

namespace {

// A figure and how it is written.
struct Figure {
  const char* name;
  std::string (*format)(double value);
};

std::string Percent(double part) {
  return absl::StrFormat("%.2f%%", 100 * part);
}
std::string Points(double part) { return absl::StrFormat("%.2f", 100 * part); }
std::string Ms(double us) { return absl::StrFormat("%.3f", us / 1000); }
std::string Count(double count) { return absl::StrFormat("%.0f", count); }
std::string Rate(double rate) { return absl::StrFormat("%.1f", rate); }
std::string Index(double index) { return absl::StrFormat("%.4f", index); }

std::string Signed(const std::string& text) {
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  if (zero) return text.substr(text[0] == '-' ? 1 : 0);
  return text[0] == '-' ? text : "+" + text;
}

// Three cells: both values and how much more the live one is. A value that is
// not there is negative.
void AppendCells(double simulated, double live,
                 std::string (*format)(double value),
                 std::string (*difference)(double value),
                 std::vector<std::string>& row) {
  row.push_back(simulated < 0 ? "-" : format(simulated));
  row.push_back(live < 0 ? "-" : format(live));
  row.push_back(
      simulated < 0 || live < 0 ? "-" : Signed(difference(live - simulated)));
}

// A column of three for each figure of a task.
struct TaskFigure {
  const char* name;
  double (*value)(const TaskMetrics& task);
  std::string (*format)(double value);
  std::string (*difference)(double value);
};

double IfWoken(const TaskMetrics& task, int64_t latency_us) {
  return task.wakeups > 0 ? static_cast<double>(latency_us) : -1;
}

constexpr TaskFigure kShares[] = {
    {"share", [](const TaskMetrics& t) { return t.share; }, Percent, Points},
    {"switches",
     [](const TaskMetrics& t) { return static_cast<double>(t.switches); },
     Count, Count},
    {"preempted",
     [](const TaskMetrics& t) { return static_cast<double>(t.preemptions); },
     Count, Count},
};
constexpr TaskFigure kLatencies[] = {
    {"latency p50",
     [](const TaskMetrics& t) { return IfWoken(t, t.latency_p50_us); }, Ms, Ms},
    {"p99", [](const TaskMetrics& t) { return IfWoken(t, t.latency_p99_us); },
     Ms, Ms},
    {"max", [](const TaskMetrics& t) { return IfWoken(t, t.latency_max_us); },
     Ms, Ms},
};

using Pairs = std::vector<std::pair<const TaskMetrics*, const TaskMetrics*>>;

Pairs Match(const RunMetrics& simulated, const RunMetrics& live) {
  std::map<std::string, const TaskMetrics*> by_name;
  for (const TaskMetrics& task : live.tasks) by_name[task.name] = &task;
  Pairs pairs;
  for (const TaskMetrics& task : simulated.tasks) {
    const auto found = by_name.find(task.name);
    pairs.emplace_back(&task, found == by_name.end() ? nullptr : found->second);
    if (found != by_name.end()) by_name.erase(found);
  }
  for (const TaskMetrics& task : live.tasks) {
    if (by_name.contains(task.name)) pairs.emplace_back(nullptr, &task);
  }
  return pairs;
}

template <size_t n>
std::string TaskTable(const Pairs& pairs, const TaskFigure (&figures)[n]) {
  TextTable table;
  std::vector<std::string> header = {"task"};
  for (const TaskFigure& figure : figures) {
    header.insert(header.end(), {figure.name, "live", "diff"});
  }
  table.Add(header);
  for (const auto& [simulated, live] : pairs) {
    std::vector<std::string> row = {simulated != nullptr ? simulated->name
                                                         : live->name};
    for (const TaskFigure& figure : figures) {
      AppendCells(simulated == nullptr ? -1 : figure.value(*simulated),
                  live == nullptr ? -1 : figure.value(*live), figure.format,
                  figure.difference, row);
    }
    table.Add(row);
  }
  return table.Draw();
}

std::string WholeTable(const RunMetrics& simulated, const RunMetrics& live) {
  TextTable table;
  table.Add({"whole run", "simulated", "live", "diff"});
  const auto add = [&](const char* name, double of_simulated, double of_live,
                       std::string (*format)(double),
                       std::string (*difference)(double)) {
    std::vector<std::string> row = {name};
    AppendCells(of_simulated, of_live, format, difference, row);
    table.Add(row);
  };
  add("ms", static_cast<double>(simulated.elapsed_us),
      static_cast<double>(live.elapsed_us), Ms, Ms);
  add("CPU busy", simulated.utilization, live.utilization, Percent, Points);
  add("switches", static_cast<double>(simulated.switches),
      static_cast<double>(live.switches), Count, Count);
  add("runs done a second", simulated.throughput, live.throughput, Rate, Rate);
  add("tasks exited", static_cast<double>(simulated.exited),
      static_cast<double>(live.exited), Count, Count);
  add("Jain fairness", simulated.fairness, live.fairness, Index, Index);
  return table.Draw();
}

}  // namespace

std::string ComparisonTables(const RunMetrics& simulated,
                             const RunMetrics& live) {
  const Pairs pairs = Match(simulated, live);
  return absl::StrCat(TaskTable(pairs, kShares), "\n",
                      TaskTable(pairs, kLatencies), "\n",
                      WholeTable(simulated, live));
}

absl::Status Compare(const sched::sim::Workload& workload,
                     const std::string& file, const std::string& policy,
                     const Options& options, trace::OutputFile& report,
                     page::Page* page, std::vector<std::string>& notes) {
  const SimOptions run_options = RunOptions(policy, options);
  MetricsSink simulated;
  MetricsSink live;
  const auto run = [&](const char* kind, const auto& function,
                       MetricsSink& metrics) -> absl::Status {
    std::vector<sched::sim::TraceSink*> sinks = {&metrics};
    page::RunSink* const watcher =
        page == nullptr ? nullptr
                        : &page->Watch({.workload = file,
                                        .policy = policy,
                                        .live = &metrics == &live});
    if (watcher != nullptr) sinks.push_back(watcher);
    const absl::StatusOr<SimResult> result =
        function(workload, run_options, sinks);
    if (!result.ok()) return result.status();
    if (watcher != nullptr) watcher->AddNotes(result->notes);
    for (const std::string& note : result->notes) {
      notes.push_back(absl::StrCat(kind, ": ", note));
    }
    return absl::OkStatus();
  };
  absl::Status status = run("simulated", sched::sim::Simulate, simulated);
  if (status.ok()) status = run("live", RunLive, live);
  if (!status.ok() || options.WritesToStdout()) return status;
  report.Write(absl::StrFormat(
      "%s under %s: simulated and live, tick %s\n\n%s\n", file, policy,
      absl::FormatDuration(absl::Microseconds(simulated.result().run.tick_us)),
      ComparisonTables(simulated.result(), live.result())));
  return absl::OkStatus();
}

}  // namespace jiffy::lab
