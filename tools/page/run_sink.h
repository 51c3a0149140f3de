// Gathers a run for a page while it happens.
#ifndef JIFFY_TOOLS_PAGE_RUN_SINK_H_
#define JIFFY_TOOLS_PAGE_RUN_SINK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sched/sim/metrics.h"
#include "sched/sim/trace.h"
#include "tools/page/run_trace.h"

namespace jiffy::page {

// Fills a RunTrace and gathers the figures. Once a trace is full, only the
// figures go on: memory does not grow with the length of a run.
class RunSink final : public sched::sim::TraceSink {
 public:
  explicit RunSink(const Limits& limits) : trace_(limits) {}

  void OnStart(const sched::sim::RunInfo& run) override;
  void OnCreate(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                const sched::sim::TraceTask* waker) override;
  void OnBurstEnd(int64_t time_us, const sched::sim::TraceTask& task) override;
  void OnSwitch(const sched::sim::SwitchEvent& event) override;
  bool WantsDecisions() const override {
    return trace_.explained_until_us < 0 && trace_.kept_until_us < 0;
  }
  void OnDecision(const sched::sim::Decision& decision) override;
  void OnEnd(int64_t time_us) override;

  void AddNotes(const std::vector<std::string>& notes) {
    trace_.notes.insert(trace_.notes.end(), notes.begin(), notes.end());
  }

  // Both once the run is over.
  const RunTrace& trace() const { return trace_; }
  const sched::sim::MetricsSink& metrics() const { return metrics_; }

 private:
  // Who is on a CPU.
  struct OnCpu {
    int32_t task = kNobody;
    int64_t since_us = 0;
    int64_t waited_us = 0;
  };
  struct TaskState {
    bool running = false;
    // Since when it has been runnable without a CPU; -1 if it is not.
    int64_t waiting_since_us = -1;
  };

  int32_t IndexOf(const sched::sim::TraceTask* task) const;
  bool full() const { return trace_.kept_until_us >= 0; }
  // Closes the slice of a CPU, if somebody is on it.
  void CloseSlice(int cpu, int64_t time_us, SliceEnd end);
  // Keeps nothing of what comes after `time_us`.
  void Cut(int64_t time_us);
  void CloseAll(int64_t time_us, SliceEnd end);

  RunTrace trace_;
  sched::sim::MetricsSink metrics_;
  std::vector<OnCpu> cpus_;
  size_t open_slices_ = 0;
  std::vector<TaskState> tasks_;
};

}  // namespace jiffy::page

#endif  // JIFFY_TOOLS_PAGE_RUN_SINK_H_
