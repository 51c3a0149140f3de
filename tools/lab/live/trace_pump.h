// Brings the events of a live run to the sinks.
#ifndef JIFFY_TOOLS_LAB_LIVE_TRACE_PUMP_H_
#define JIFFY_TOOLS_LAB_LIVE_TRACE_PUMP_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "sched/sim/trace.h"
#include "sched/sim/workload.h"
#include "tools/lab/live/event_ring.h"

namespace jiffy::lab {

// Reads an EventRing in an OS thread of its own, so that a run needs no memory
// for its trace, and tells sinks what they would be told by the simulator.
class TracePump {
 public:
  // Events at `end_us` or after it are left out.
  TracePump(const sched::sim::Workload& workload, EventRing& ring,
            const std::vector<sched::sim::TraceSink*>& sinks, int64_t end_us);
  // Finishes, if Finish was not called.
  ~TracePump();

  void Start(const sched::sim::RunInfo& run);
  // Hands on what is left. To be called once nobody writes to the ring.
  void Finish();
  // Tells the sinks that the run ended then.
  void End(int64_t time_us);

  // Returns the name of a thread that was created.
  const std::string& NameOf(int32_t index) const { return TaskOf(index)->name; }
  // For how long any thread had the CPU, until the last switch.
  int64_t on_cpu_us() const { return on_cpu_us_; }

 private:
  void Take(const LiveEvent& event);
  void Create(const LiveEvent& event, int64_t time_us);
  void Switch(const LiveEvent& event, int64_t time_us);
  template <typename F>
  void Tell(F tell) const {
    for (sched::sim::TraceSink* const sink : sinks_) tell(*sink);
  }
  const sched::sim::TraceTask* TaskOf(int32_t index) const {
    return index < 0 ? nullptr : &tasks_[static_cast<size_t>(index)];
  }

  const sched::sim::Workload& workload_;
  EventRing& ring_;
  const std::vector<sched::sim::TraceSink*> sinks_;
  const int64_t end_us_;

  // All threads there were; sinks refer to them. Specs by thread.
  std::deque<sched::sim::TraceTask> tasks_;
  std::vector<const sched::sim::TaskSpec*> specs_;
  // Slots that were left, and the first that was never taken.
  std::priority_queue<int, std::vector<int>, std::greater<>> free_slots_;
  int next_slot_ = 1;
  int64_t on_cpu_us_ = 0;
  int64_t switched_us_ = 0;

  std::atomic<bool> done_{false};
  std::thread reader_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_LIVE_TRACE_PUMP_H_
