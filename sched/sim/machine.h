// State shared by the CPUs of a simulated machine.
#ifndef JIFFY_SCHED_SIM_MACHINE_H_
#define JIFFY_SCHED_SIM_MACHINE_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "sched/sim/task.h"
#include "sched/sim/trace.h"

namespace jiffy::sched::sim {

struct Machine {
  // Virtual time. Only the engine sets it.
  int64_t now_us = 0;
  int64_t tick_us = 0;
  // All threads of the run, past and present. Never shrinks, so that sinks may
  // refer to them.
  std::deque<Task> tasks;
  std::vector<TraceSink*> sinks;
  // Whether any sink wants decisions.
  bool explains = false;

  // Calls `tell(sink)` for every sink.
  template <typename F>
  void Tell(F tell) const {
    for (TraceSink* const sink : sinks) tell(*sink);
  }

  void SeeWhetherToExplain() {
    explains = std::any_of(
        sinks.begin(), sinks.end(),
        [](const TraceSink* sink) { return sink->WantsDecisions(); });
  }
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_MACHINE_H_
