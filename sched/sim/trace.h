// Events that a run reports to its observers.
//
// A sink is one output: a CSV file, a table of metrics, a picture. It receives
// events in order and keeps the data that it needs, so a run needs no memory
// for its trace. The simulator and live runs feed the same sinks.
#ifndef JIFFY_SCHED_SIM_TRACE_H_
#define JIFFY_SCHED_SIM_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// A thread, as sinks see it. Exists until the end of the run.
struct TraceTask {
  // Counts the threads of the run from 0, in the order of their creation.
  int index = 0;
  // Its slot; a later thread may get the same slot.
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

// Why a decision of the policy is due.
enum class Cause {
  kIdle,      // The CPU was idle and a task became runnable.
  kSliceEnd,  // A tick ended the task's turn.
  kWakeup,    // A woken task preempts the task.
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

// A task that the policy could choose, and the policy's description of it
// before and after the choice. (A choice may change it: Linux 0.01 recharges
// counters.)
struct Candidate {
  const TraceTask* task = nullptr;
  std::string before;
  std::string after;
};

// One decision of the policy.
struct Decision {
  int64_t time_us = 0;
  int cpu = 0;
  Cause cause = Cause::kIdle;
  const TraceTask* prev = nullptr;
  const TraceTask* next = nullptr;
  // The policy's rule, in its own words; may be empty.
  std::string rule;
  // In the order of their slots.
  std::vector<Candidate> candidates;
};

class TraceSink {
 public:
  virtual ~TraceSink() = default;

  // The run begins. Comes before any other event.
  virtual void OnStart(const RunInfo& /*run*/) {}
  // A thread was created on a CPU. It is runnable, or sleeps first.
  virtual void OnCreate(int64_t /*time_us*/, int /*cpu*/,
                        const TraceTask& /*task*/, bool /*runnable*/) {}
  // A blocked task became runnable on a CPU; `waker` is the task that woke it,
  // nullptr if its sleep ended.
  virtual void OnWakeup(int64_t /*time_us*/, int /*cpu*/,
                        const TraceTask& /*task*/, const TraceTask* /*waker*/) {
  }
  // A burst of CPU time, one "run" event, was completed.
  virtual void OnBurstEnd(int64_t /*time_us*/, const TraceTask& /*task*/) {}
  // Another task has the CPU.
  virtual void OnSwitch(const SwitchEvent& /*event*/) {}
  // The policy decided. Only sinks that want decisions receive this, since it
  // requires a walk over all runnable tasks. After no sink wants decisions any
  // more, WantsDecisions is not called again.
  virtual bool WantsDecisions() const { return false; }
  virtual void OnDecision(const Decision& /*decision*/) {}
  // The run ended. Tasks that are on a CPU had it until `time_us`.
  virtual void OnEnd(int64_t /*time_us*/) {}
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_TRACE_H_
