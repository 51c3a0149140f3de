#include "tools/page/run_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tools/page/page.h"

namespace jiffy::page {

using sched::sim::MetricsSink;
using sched::sim::RunMetrics;
using sched::sim::TaskMetrics;

RunJson::RunJson(trace::OutputFile& file) : stream_(file), writer_(stream_) {
  writer_.StartObject();
  KeyInt("version", 1);
  writer_.Key("runs");
  writer_.StartArray();
}

void RunJson::Add(const RunLabel& label, const RunTrace& trace,
                  const RunMetrics& figures, const MetricsSink* latencies) {
  ids_ = Number(trace.tasks);
  const int64_t end_us = figures.elapsed_us;
  writer_.StartObject();
  writer_.Key("workload");
  String(label.workload);
  writer_.Key("policy");
  String(label.policy);
  writer_.Key("live");
  writer_.Bool(label.live);
  KeyInt("cpus", figures.run.cpus);
  KeyInt("tick_us", figures.run.tick_us);
  KeyInt("end_us", end_us);
  KeyInt("kept_from_us", trace.kept_from_us);
  KeyInt("kept_until_us",
         trace.kept_until_us < 0 ? end_us : trace.kept_until_us);
  KeyInt("explained_until_us",
         trace.explained_until_us < 0 ? end_us : trace.explained_until_us);
  KeyInt("dropped_slices", static_cast<int64_t>(trace.dropped_slices));
  KeyInt("dropped_tasks", static_cast<int64_t>(trace.dropped_tasks));
  Strings("notes", trace.notes);
  Column("tasks", ids_, [](int32_t id) { return id; });
  Figures(figures, trace.has_wakeups);
  if (latencies != nullptr) Latencies(*latencies);
  Slices(trace.slices, figures.run.cpus);
  writer_.Key("open_waits");
  writer_.StartObject();
  Column("task", trace.open_waits,
         [this](const OpenWait& wait) { return IdOf(wait.task); });
  Column("since", trace.open_waits,
         [](const OpenWait& wait) { return wait.since_us; });
  writer_.EndObject();
  if (trace.has_wakeups) Wakeups(trace.wakeups);
  if (trace.has_explanations) {
    Decisions(trace, figures.run.cpus);
    Candidates(trace.candidates);
    Strings("texts", trace.texts);
  }
  writer_.EndObject();
}

void RunJson::Finish() {
  writer_.EndArray();
  Strings("tasks", names_);
  writer_.EndObject();
}

std::vector<int32_t> RunJson::Number(const std::vector<std::string>& tasks) {
  std::vector<int32_t> ids;
  absl::flat_hash_map<std::string, int> seen;
  for (const std::string& name : tasks) {
    const auto [number, is_new] = numbers_.try_emplace(
        {name, seen[name]++}, static_cast<int32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    ids.push_back(number->second);
  }
  return ids;
}

void RunJson::Figures(const RunMetrics& figures, bool has_wakeups) {
  writer_.Key("figures");
  writer_.StartObject();
  KeyInt("switches", static_cast<int64_t>(figures.switches));
  KeyInt("exited", static_cast<int64_t>(figures.exited));
  writer_.Key("utilization");
  writer_.Double(figures.utilization);
  writer_.Key("throughput");
  writer_.Double(figures.throughput);
  writer_.Key("fairness");
  writer_.Double(figures.fairness);
  // A row a task of "tasks" above.
  writer_.Key("tasks");
  writer_.StartObject();
  std::vector<TaskMetrics> tasks = figures.tasks;
  tasks.resize(std::min(tasks.size(), ids_.size()));
  const auto column = [&](const char* key, auto value) {
    Column(key, tasks, value);
  };
  column("cpu_us", [](const TaskMetrics& t) { return t.cpu_us; });
  column("switches",
         [](const TaskMetrics& t) { return static_cast<int64_t>(t.switches); });
  column("preemptions", [](const TaskMetrics& t) {
    return static_cast<int64_t>(t.preemptions);
  });
  column("waiting_us", [](const TaskMetrics& t) { return t.waiting_us; });
  column("longest_wait_us",
         [](const TaskMetrics& t) { return t.longest_wait_us; });
  column("turnaround_us", [](const TaskMetrics& t) { return t.turnaround_us; });
  if (has_wakeups) {
    column("wakeups", [](const TaskMetrics& t) {
      return static_cast<int64_t>(t.wakeups);
    });
    column("latency_p50_us",
           [](const TaskMetrics& t) { return t.latency_p50_us; });
    column("latency_p99_us",
           [](const TaskMetrics& t) { return t.latency_p99_us; });
    column("latency_max_us",
           [](const TaskMetrics& t) { return t.latency_max_us; });
  }
  writer_.EndObject();
  writer_.EndObject();
}

void RunJson::Latencies(const MetricsSink& metrics) {
  // A row a task, in the order of "tasks": value, count, value, count…
  writer_.Key("latencies");
  writer_.StartArray();
  for (size_t i = 0; i < ids_.size(); ++i) {
    writer_.StartArray();
    if (const sched::sim::Histogram* const histogram = metrics.latency(i)) {
      histogram->ForEach([this](int64_t value, uint64_t count) {
        writer_.Int64(value);
        writer_.Uint64(count);
      });
    }
    writer_.EndArray();
  }
  writer_.EndArray();
}

void RunJson::Slices(const std::vector<Slice>& slices, int cpus) {
  writer_.Key("slices");
  writer_.StartObject();
  DeltaColumn("start", slices, [](const Slice& s) { return s.start_us; });
  Column("length", slices, [](const Slice& s) { return s.length_us; });
  Column("waited", slices, [](const Slice& s) { return s.waited_us; });
  Column("task", slices, [this](const Slice& s) { return IdOf(s.task); });
  if (cpus > 1) Column("cpu", slices, [](const Slice& s) { return s.cpu; });
  // A letter a slice.
  std::string ends;
  for (const Slice& slice : slices) ends += static_cast<char>(slice.end);
  writer_.Key("end");
  String(ends);
  writer_.EndObject();
}

void RunJson::Wakeups(const std::vector<Wakeup>& wakeups) {
  writer_.Key("wakeups");
  writer_.StartObject();
  DeltaColumn("time", wakeups, [](const Wakeup& w) { return w.time_us; });
  Column("task", wakeups, [this](const Wakeup& w) { return IdOf(w.task); });
  Column("by", wakeups, [this](const Wakeup& w) { return IdOf(w.by); });
  writer_.EndObject();
}

void RunJson::Decisions(const RunTrace& trace, int cpus) {
  const std::vector<Explained>& rows = trace.explained;
  writer_.Key("decisions");
  writer_.StartObject();
  DeltaColumn("time", rows, [](const Explained& d) { return d.time_us; });
  if (cpus > 1) Column("cpu", rows, [](const Explained& d) { return d.cpu; });
  Column("cause", rows, [](const Explained& d) { return d.cause; });
  Column("rule", rows, [](const Explained& d) { return d.rule; });
  Column("next", rows, [this](const Explained& d) { return IdOf(d.next); });
  Column("candidates", rows, [](const Explained& d) { return d.candidates; });
  Column("hidden", rows, [](const Explained& d) { return d.hidden; });
  writer_.EndObject();
}

void RunJson::Candidates(const std::vector<ExplainedCandidate>& candidates) {
  writer_.Key("candidates");
  writer_.StartObject();
  Column("task", candidates,
         [this](const ExplainedCandidate& c) { return IdOf(c.task); });
  Column("before", candidates,
         [](const ExplainedCandidate& c) { return c.before; });
  // Mostly 0: a choice seldom changes what the policy says of a task.
  Column("change", candidates, [](const ExplainedCandidate& c) {
    return int64_t{c.after} - int64_t{c.before};
  });
  writer_.EndObject();
}

void RunJson::String(const std::string& text) {
  writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void RunJson::Strings(const char* key, const std::vector<std::string>& texts) {
  writer_.Key(key);
  writer_.StartArray();
  for (const std::string& text : texts) String(text);
  writer_.EndArray();
}

void RunJson::KeyInt(const char* key, int64_t value) {
  writer_.Key(key);
  writer_.Int64(value);
}

template <typename Row, typename Value>
void RunJson::Column(const char* key, const std::vector<Row>& rows,
                     Value value) {
  writer_.Key(key);
  writer_.StartArray();
  for (const Row& row : rows) writer_.Int64(value(row));
  writer_.EndArray();
}

template <typename Row, typename Value>
void RunJson::DeltaColumn(const char* key, const std::vector<Row>& rows,
                          Value value) {
  int64_t above = 0;
  Column(key, rows, [&](const Row& row) {
    const int64_t now = value(row);
    return now - std::exchange(above, now);
  });
}

}  // namespace jiffy::page
