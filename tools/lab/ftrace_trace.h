// The scheduler events of a run as `trace-cmd report` prints the kernel's.
#ifndef JIFFY_TOOLS_LAB_FTRACE_TRACE_H_
#define JIFFY_TOOLS_LAB_FTRACE_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sched/sim/trace.h"
#include "trace/output_file.h"

namespace jiffy::lab {

// sched_switch, sched_wakeup and sched_wakeup_new, for tools that read the text
// of a real trace. A thread's pid is its index plus 1, its prio the kernel's:
// 120 + nice, or 99 - priority of a real-time one.
class FtraceTrace final : public sched::sim::TraceSink {
 public:
  explicit FtraceTrace(trace::OutputFile& file) : file_(file) {}

  void OnStart(const sched::sim::RunInfo& run) override;
  void OnCreate(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                const sched::sim::TraceTask* waker) override;
  void OnSwitch(const sched::sim::SwitchEvent& event) override;

 private:
  void Begin(int64_t time_us, int cpu, const char* event);
  void Wakeup(const char* event, int64_t time_us, int cpu, int target_cpu,
              const sched::sim::TraceTask& task);
  std::string CommOf(const sched::sim::TraceTask* task, int cpu) const;

  trace::OutputFile& file_;
  // Who is on each CPU.
  std::vector<const sched::sim::TraceTask*> current_;
  // By index: the task's command name.
  std::vector<std::string> comms_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_FTRACE_TRACE_H_
