// One run of the simulator, from its first event to its last.
#ifndef JIFFY_SCHED_SIM_SIMULATION_H_
#define JIFFY_SCHED_SIM_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "sched/sim/cpu.h"
#include "sched/sim/engine.h"
#include "sched/sim/machine.h"
#include "sched/sim/rules.h"
#include "sched/sim/sync.h"
#include "sched/sim/task.h"
#include "sched/sim/wakeup_queue.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

class Simulation {
 public:
  Simulation(const Workload& workload, const SimOptions& options,
             const std::vector<TraceSink*>& sinks);

  // Runs to the end. To be called once.
  absl::Status Run();
  SimResult TakeResult() { return std::move(result_); }

 private:
  // engine.cc: how time passes.

  absl::Status SetUp();
  // Steps 1 to 4 of the instant that it is.
  absl::Status DoInstant();
  int64_t NextEventUs() const;
  void ExpireSleeps();
  // Step 4 of an instant, until no decision is due.
  absl::Status DecideAll();
  void NoteDeadlock();

  // threads.cc: what threads do.

  // Creates a thread; `forked` counts the forks of its task, -1: not forked.
  absl::Status Create(const TaskSpec& spec, int forked);
  // Has the task's CPU take it in.
  absl::Status Attach(Task& task);
  // Lets the thread on a CPU go on, up to its next burst, block, yield or exit.
  absl::Status Advance(Cpu& cpu);
  // Does one event. Sets `goes_on` to whether the thread then does the next.
  absl::Status Do(const Event& event, Cpu& cpu, Task& task, bool& goes_on);
  // Returns the error that an event of a thread is.
  absl::Status Fail(const Event& event, const std::string& what) const;
  // Makes the policy go by new parameters.
  void ApplyParams(Task& task, const TaskParams& params);
  void EnterPhase(const Phase& phase, Task& task);
  // Takes the task off its CPU if a phase may not run there. Returns whether it
  // did. Once another task has that CPU, Land takes it to its new one.
  bool Leave(const Phase& phase, Cpu& cpu, Task& task);
  absl::Status Land(Task& task);
  void Sleep(Cpu& cpu, Task& task, int64_t until_us);
  // Sets a timer and returns when it is due; not later than now if it is late.
  int64_t SetTimer(const Event& event, Task& task);
  absl::Status Fork(const Event& event);
  void Exit(Cpu& cpu, Task& task);
  // Makes a task runnable that waited for another one.
  void Wake(Task& task);
  // Returns the CPU of a slot among those allowed.
  int HomeCpu(const TaskSpec& spec, const std::vector<int>& allowed, int slot);
  int TakeSlot();

  const Workload& workload_;
  const SimOptions& options_;
  SimResult result_;
  Machine machine_;
  std::vector<std::unique_ptr<Cpu>> cpus_;
  WakeupQueue wakeups_;
  SyncObjects sync_;

  RunEnd end_;
  int64_t live_ = 0;
  // Events done at this instant.
  int64_t events_now_ = 0;

  // When each timer that tasks share was last due; -1: not used yet.
  std::vector<int64_t> timers_;
  // Forks of each task so far.
  std::vector<int> forks_;
  // Slots that were left, and the first that was never taken.
  std::priority_queue<int, std::vector<int>, std::greater<>> free_slots_;
  int next_slot_ = 1;
  // Whose thread is going on, for sinks; nullptr between threads.
  const Task* acting_ = nullptr;
  // Who is leaving each CPU for another one; nullptr if nobody is.
  std::vector<Task*> leaving_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_SIMULATION_H_
