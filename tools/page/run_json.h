// The runs of a page as JSON that may stand inside a script element.
#ifndef JIFFY_TOOLS_PAGE_RUN_JSON_H_
#define JIFFY_TOOLS_PAGE_RUN_JSON_H_

#include <rapidjson/writer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sched/sim/metrics.h"
#include "tools/page/run_trace.h"
#include "trace/output_file.h"

namespace jiffy::page {

struct RunLabel;

// RapidJSON's way into a file. A "<" can only be inside a string there, and is
// escaped: no text can end the script element, or open a comment in it.
class ScriptStream {
 public:
  using Ch = char;

  explicit ScriptStream(trace::OutputFile& file) : file_(file) {}
  void Put(char c) {
    if (c == '<') {
      file_.Write("\\u003c");
    } else {
      file_.Write(std::string_view(&c, 1));
    }
  }
  void Flush() {}

 private:
  trace::OutputFile& file_;
};

// Writes {"version", "runs": [RUN…], "tasks": [NAME…]}; viewer/data.js reads
// it. Numbers of tasks are those of "tasks", where a task that several runs
// have is one: it has the same name in each. Of a run, "slices", "wakeups",
// "decisions" and "candidates" are an object of columns each; most times are
// the difference to the row above, in microseconds.
class RunJson {
 public:
  explicit RunJson(trace::OutputFile& file);

  // Adds a run. `latencies` may be nullptr: then none are known.
  void Add(const RunLabel& label, const RunTrace& trace,
           const sched::sim::RunMetrics& figures,
           const sched::sim::MetricsSink* latencies);
  void Finish();

 private:
  // Returns the page's number of each of the run's tasks.
  std::vector<int32_t> Number(const std::vector<std::string>& tasks);
  // The page's number of a task of the run at hand, or who stands for none.
  int32_t IdOf(int32_t task) const {
    return task < 0 ? task : ids_[static_cast<size_t>(task)];
  }

  void Figures(const sched::sim::RunMetrics& figures, bool has_wakeups);
  void Latencies(const sched::sim::MetricsSink& metrics);
  void Slices(const std::vector<Slice>& slices, int cpus);
  void Wakeups(const std::vector<Wakeup>& wakeups);
  void Decisions(const RunTrace& trace, int cpus);
  void Candidates(const std::vector<ExplainedCandidate>& candidates);
  void String(const std::string& text);
  void Strings(const char* key, const std::vector<std::string>& texts);
  void KeyInt(const char* key, int64_t value);
  // Writes {"KEY": [...]} with what `value` says of each row.
  template <typename Row, typename Value>
  void Column(const char* key, const std::vector<Row>& rows, Value value);
  // The same with the difference to the row above.
  template <typename Row, typename Value>
  void DeltaColumn(const char* key, const std::vector<Row>& rows, Value value);

  ScriptStream stream_;
  rapidjson::Writer<ScriptStream> writer_;
  // The page's numbers of the present run's tasks.
  std::vector<int32_t> ids_;
  std::vector<std::string> names_;
  // By name, and by how many of the run have had that name before.
  absl::flat_hash_map<std::pair<std::string, int>, int32_t> numbers_;
};

}  // namespace jiffy::page

#endif  // JIFFY_TOOLS_PAGE_RUN_JSON_H_
