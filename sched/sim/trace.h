// What a run tells those who watch it.
//
// A sink is one output: a CSV file, a table of figures, a picture. It is told
// events in the order in which they happen and keeps what it needs, so a run
// needs no memory for its trace. The simulator feeds sinks; a live run can feed
// the same ones.
#ifndef JIFFY_SCHED_SIM_TRACE_H_
#define JIFFY_SCHED_SIM_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// A thread, as sinks know it. Lives until the run is over.
struct TraceTask {
  // Counts the threads of the run from 0, in the order of their creation.
  int index = 0;
  // The slot it lives in; a later thread may get the same one.
  int slot = 0;
  // "TASK-INDEX", as rt-app names its threads; "TASK-INDEX-NNNN" if forked.
  std::string name;
  SchedParams sched;
};

struct RunInfo {
  std::string policy;
  int cpus = 1;
  int64_t tick_us = 0;
};

// Why the policy is asked.
enum class Cause {
  kIdle,      // The CPU was idle and a task became runnable.
  kSliceEnd,  // A tick ended the task's turn.
  kWakeup,    // A task that was woken preempts it.
  kYield,     // It yielded.
  kBlock,     // It blocked.
  kExit,      // It exited.
  kMigrate,   // It went to another CPU.
};

// A switch between two different tasks; nullptr is the idle task.
struct SwitchEvent {
  int64_t time_us = 0;
  int cpu = 0;
  const TraceTask* prev = nullptr;
  // R: still runnable, S: blocked, X: exited. The idle task's is R.
  char prev_state = 'R';
  const TraceTask* next = nullptr;
  Cause cause = Cause::kIdle;
};

// One of those the policy could choose, and what it says of it, before the
// choice and after. (A choice may change it: Linux 0.01 recharges counters.)
struct Candidate {
  const TraceTask* task = nullptr;
  std::string before;
  std::string after;
};

// One question to the policy and its answer.
struct Decision {
  int64_t time_us = 0;
  int cpu = 0;
  Cause cause = Cause::kIdle;
  const TraceTask* prev = nullptr;
  const TraceTask* next = nullptr;
  // How the policy chooses, in its own words; maybe none.
  std::string rule;
  // In the order of their slots.
  std::vector<Candidate> candidates;
};

class TraceSink {
 public:
  virtual ~TraceSink() = default;

  // The run begins. Before any other event.
  virtual void OnStart(const RunInfo& /*run*/) {}
  // A thread was created on a CPU. It is runnable, or sleeps first.
  virtual void OnCreate(int64_t /*time_us*/, int /*cpu*/,
                        const TraceTask& /*task*/, bool /*runnable*/) {}
  // A blocked task became runnable on a CPU; `waker` is the task that did it,
  // nullptr if its sleep was over.
  virtual void OnWakeup(int64_t /*time_us*/, int /*cpu*/,
                        const TraceTask& /*task*/, const TraceTask* /*waker*/) {
  }
  // A burst of CPU time, one "run" event, was completed.
  virtual void OnBurstEnd(int64_t /*time_us*/, const TraceTask& /*task*/) {}
  // Another task has the CPU.
  virtual void OnSwitch(const SwitchEvent& /*event*/) {}
  // The policy decided. Only told to sinks that want it, since it takes a walk
  // over all runnable tasks. When no sink wants them any more, none is asked
  // again.
  virtual bool WantsDecisions() const { return false; }
  virtual void OnDecision(const Decision& /*decision*/) {}
  // The run is over. Tasks that are on a CPU now were so until `time_us`.
  virtual void OnEnd(int64_t /*time_us*/) {}
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_TRACE_H_
