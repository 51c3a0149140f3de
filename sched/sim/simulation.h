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

  // Runs to the end. Call it once.
  absl::Status Run();
  SimResult TakeResult() { return std::move(result_); }

 private:
  // In engine.cc: the course of time.

  absl::Status SetUp();
  // Does steps 1 to 4 of the current instant.
  absl::Status DoInstant();
  int64_t NextEventUs() const;
  void ExpireSleeps();
  // Repeats step 4 of an instant until no decision is due.
  absl::Status DecideAll();
  void NoteDeadlock();

  // In threads.cc: the actions of threads.

  // Creates a thread; `forked` counts the forks of its task, -1: not forked.
  absl::Status Create(const TaskSpec& spec, int forked);
  // Attaches the task to its CPU.
  absl::Status Attach(Task& task);
  // Runs the thread on a CPU up to its next burst, block, yield or exit.
  absl::Status Advance(Cpu& cpu);
  // Does one event. Sets `goes_on` to whether the thread continues with the
  // next event.
  absl::Status Do(const Event& event, Cpu& cpu, Task& task, bool& goes_on);
  // Returns the error for an invalid event of a thread.
  absl::Status Fail(const Event& event, const std::string& what) const;
  // Gives the policy new parameters of a task.
  void ApplyParams(Task& task, const TaskParams& params);
  void EnterPhase(const Phase& phase, Task& task);
  // Takes the task off its CPU if a phase may not run there. Returns whether it
  // did. After another task has that CPU, Land moves this task to its new CPU.
  bool Leave(const Phase& phase, Cpu& cpu, Task& task);
  absl::Status Land(Task& task);
  void Sleep(Cpu& cpu, Task& task, int64_t until_us);
  // Sets a timer and returns when it is due; not later than now if it is late.
  int64_t SetTimer(const Event& event, Task& task);
  absl::Status Fork(const Event& event);
  void Exit(Cpu& cpu, Task& task);
  // Makes a task runnable that waited for another task.
  void Wake(Task& task);
  // Returns the CPU of a slot among the allowed CPUs.
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

  // When each shared timer was last due; -1: not used yet.
  std::vector<int64_t> timers_;
  // Forks of each task so far.
  std::vector<int> forks_;
  // Freed slots, and the first slot that was never taken.
  std::priority_queue<int, std::vector<int>, std::greater<>> free_slots_;
  int next_slot_ = 1;
  // The thread that acts now, for sinks; nullptr if none.
  const Task* acting_ = nullptr;
  // For each CPU, the task that is leaving it for another CPU, or nullptr.
  std::vector<Task*> leaving_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_SIMULATION_H_
