// A run as Chrome's trace event JSON, for https://ui.perfetto.dev and
// chrome://tracing.
#ifndef JIFFY_TOOLS_LAB_CHROME_TRACE_H_
#define JIFFY_TOOLS_LAB_CHROME_TRACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sched/sim/trace.h"
#include "trace/chrome_json.h"
#include "trace/output_file.h"

namespace jiffy::lab {

// Two groups of tracks: the CPUs, with who is on them, and the tasks, with when
// each is running and when it is runnable but has to wait. Wake-ups are marks
// on the task's track.
class ChromeTrace final : public sched::sim::TraceSink {
 public:
  explicit ChromeTrace(trace::OutputFile& file) : json_(file) {}

  void OnStart(const sched::sim::RunInfo& run) override;
  void OnCreate(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                const sched::sim::TraceTask* waker) override;
  void OnSwitch(const sched::sim::SwitchEvent& event) override;
  void OnEnd(int64_t time_us) override;

 private:
  struct Track {
    // As JSON, with its quotes.
    std::string name;
    int64_t since_us = 0;
    bool waiting = false;
    bool running = false;
  };
  struct CpuTrack {
    const sched::sim::TraceTask* task = nullptr;
    int64_t since_us = 0;
  };

  Track& Of(const sched::sim::TraceTask& task) {
    return tracks_[static_cast<size_t>(task.index)];
  }
  trace::Track TrackOf(const sched::sim::TraceTask& task) const;
  // Writes who had the CPU until now; nothing if it took no time.
  void CpuSlice(int cpu, int64_t until_us, std::string_view end);
  // Writes what the task was doing until now, if it took time.
  void EndState(const sched::sim::TraceTask& task, int64_t time_us,
                std::string_view end);

  trace::ChromeJson json_;
  std::vector<Track> tracks_;
  std::vector<CpuTrack> cpus_;
  std::vector<const sched::sim::TraceTask*> tasks_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_CHROME_TRACE_H_
