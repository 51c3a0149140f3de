// The switches of a run as comma-separated values.
#ifndef JIFFY_TOOLS_LAB_CSV_TRACE_H_
#define JIFFY_TOOLS_LAB_CSV_TRACE_H_

#include <string>
#include <vector>

#include "sched/sim/trace.h"
#include "trace/output_file.h"

namespace jiffy::lab {

// time_us,cpu,prev,prev_state,next: a row for every switch between different
// tasks. "idle" is the idle task, whose state is R; prev_state is R (still
// runnable), S (blocked) or X (exited). A name with a comma, a quote or a line
// break in it is quoted as RFC 4180 has it.
class CsvTrace final : public sched::sim::TraceSink {
 public:
  explicit CsvTrace(trace::OutputFile& file) : file_(file) {}

  void OnStart(const sched::sim::RunInfo& run) override;
  void OnCreate(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                bool runnable) override;
  void OnSwitch(const sched::sim::SwitchEvent& event) override;

 private:
  const std::string& NameOf(const sched::sim::TraceTask* task) const;

  trace::OutputFile& file_;
  const std::string idle_ = "idle";
  // By index: as they are written.
  std::vector<std::string> names_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_CSV_TRACE_H_
