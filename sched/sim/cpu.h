// A simulated CPU: the host of one policy.
#ifndef JIFFY_SCHED_SIM_CPU_H_
#define JIFFY_SCHED_SIM_CPU_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sched/scheduler.h"
#include "sched/sim/machine.h"
#include "sched/sim/task.h"
#include "sched/sim/trace.h"

namespace jiffy::sched::sim {

// Calls the policy as the live runtime does: Tick, then Enqueue(kPreempted) and
// PickNext; Yield; Dequeue and PickNext; Enqueue(kWoken) and WakeupPreempts.
// Events that need a decision only set decision_due(); the engine calls
// Decide() in the order that its rules define.
//
// It does not trust the policy: the run ends with an error if the policy
// chooses a task that is not runnable, or none while a task is runnable.
class Cpu final : public Host {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  Cpu(Machine& machine, int number, std::unique_ptr<Scheduler> policy);

  // The machine as the policy sees it.
  Scheduler& scheduler() override { return *policy_; }
  Entity* Current() override { return current_; }
  uint64_t Jiffies() const override {
    return static_cast<uint64_t>(machine_.now_us / machine_.tick_us);
  }
  int64_t Now() const override { return machine_.now_us * 1000; }
  // Ends sleeps only. Only the workload's own events end waits for a mutex and
  // the like.
  void Wake(Entity& entity) override;
  // For calls of tasks into their policy. A simulated task has no code that
  // makes such calls, and no stack on which to block.
  void PreemptDisable() override {}
  void PreemptEnable() override {}
  void Block() override;
  void Reschedule() override;

  int number() const { return number_; }
  Task* current() const { return current_; }
  bool in_burst() const { return burst_end_us_ != kNever; }
  bool decision_due() const { return decision_due_; }
  uint64_t decisions() const { return decisions_; }

  // Returns the time of the next event on this CPU: a tick of a busy CPU, the
  // end of a burst, a timed event of an idle CPU's policy.
  int64_t NextEventUs() const;

  // Step 1 of an instant: charges the tick that is due now, if any.
  void Tick();
  // If the current task's burst ends now, ends it and returns true.
  bool EndBurst();
  // Starts a burst of CPU time of the current task.
  void StartBurst(int64_t us) { burst_end_us_ = machine_.now_us + us; }

  // Attach and detach a thread. Attach returns the policy's reason if it
  // refuses, else nullptr.
  const char* Attach(Task& task);
  void Detach(Task& task);

  // Queues a task that is not runnable, and asks the policy whether it
  // preempts.
  void Enqueue(Task& task, EnqueueReason reason);
  // Takes the current task off the CPU; a decision is due.
  void Stop(DequeueReason reason);
  // Yields: the current task stays runnable.
  void Yield() { Require(Cause::kYield); }
  // Asks the policy for the next task and switches to it.
  absl::Status Decide();

 private:
  void Require(Cause cause);
  void ChargeIdleTicks();
  Entity* Ask();
  absl::Status Check(const Entity* choice) const;
  absl::Status PolicyError(const std::string& what) const;
  void Switch(Task* next, Cause cause);
  std::vector<Candidate> Candidates() const;
  void Explain(Cause cause, Task* next, std::vector<Candidate> candidates);

  Machine& machine_;
  const int number_;
  const std::unique_ptr<Scheduler> policy_;

  // The task on the CPU; nullptr once it has left, and while idle.
  Task* current_ = nullptr;
  // The owner of the CPU until the next decision: the current task, even after
  // it has left; nullptr while idle.
  Task* owner_ = nullptr;
  // Numbers of tasks in the policy's queue, attached to it, and with room
  // reserved.
  int64_t queued_ = 0;
  size_t attached_ = 0;
  size_t reserved_ = 0;
  int64_t next_tick_us_ = kNever;
  int64_t burst_end_us_ = kNever;

  bool decision_due_ = false;
  Cause cause_ = Cause::kIdle;
  uint64_t decisions_ = 0;

  // While idle: ticks charged so far, and the time of the policy's next event.
  int64_t idle_ticks_ = 0;
  int64_t idle_event_us_ = kNever;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_CPU_H_
