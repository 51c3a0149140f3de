// The scheduler of Linux 0.01 (September 1991).
#ifndef JIFFY_SCHED_LINUX001_H_
#define JIFFY_SCHED_LINUX001_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/linux_params.h"
#include "sched/scheduler.h"

namespace jiffy::sched {

// Source: linux-0.01, kernel/sched.c (schedule, do_timer, sys_alarm, sys_nice),
// kernel/fork.c (find_empty_process), kernel/system_call.s (return to user
// mode).
//
// There is no run queue. 64 slots hold all tasks, and schedule() (here
// PickNext()) looks at each slot:
//
// 1. A task whose alarm time has passed gets SIGALRM. An interruptible sleeper
//    with a signal pending becomes runnable.
// 2. The runnable task with the largest counter is next; of equals, the one in
//    the highest slot. If no task is runnable: slot 0, the idle task.
// 3. If the largest counter is 0, all tasks, including sleepers, get counter =
//    counter / 2 + priority; then step 2 again. So sleepers gain credit, up to
//    2 * priority - 1, and run before others when they wake.
//
// A tick decrements the current task's counter; at 0 it calls schedule(). A
// wake-up does not call schedule(): the woken task waits for another call. The
// calls for tasks (nice, alarm, pause, sleep_on, ...) are in linux001_calls.h.
//
// TaskParams: `priority`, if not 0 and the task is not real-time, is the task's
// priority. Else the priority is 15 after one call of nice(`nice`), which by
// its own rule changes nothing if the result would be 0 or less. A later change
// of either parameter sets the priority again and keeps the counter.
//
// Deviates:
// - A task takes its priority from its TaskParams, not from a parent: tasks are
//   spawned, not forked.
// - A task that moves to another CPU is a new task there (Linux 0.01 supported
//   one CPU).
// - SIGALRM is the only signal. Its handler exists and does nothing (in the
//   original a process without a handler dies).
// - A process is a zombie only until its host calls Detach.
class Linux001 final : public Scheduler {
 public:
  static constexpr std::string_view kName = "linux-0.01";

  // NR_TASKS: the slots, including that of the idle task.
  static constexpr int kSlots = 64;
  static constexpr int kDefaultPriority = 15;

  // Returns the priority that a task requests, in ticks; 0: none. The priority
  // of a real-time task is not a number of ticks.
  static int OwnPriority(const TaskParams& params) {
    return IsRealTime(params) ? 0 : params.priority;
  }
  static int PriorityOf(const TaskParams& params) {
    const int own = OwnPriority(params);
    return own != 0 ? own : kDefaultPriority;
  }

  enum State : uint8_t {
    kRunning = 0,  // Runnable.
    kInterruptible = 1,
    kUninterruptible = 2,
    kZombie = 3,
    kStopped = 4,
  };

  // The policy's data about a task: the scheduling part of its task_struct.
  struct Task {
    int64_t counter;   // Ticks left.
    int64_t priority;  // Ticks it gets at a recharge.
    uint64_t alarm;    // Jiffy after which SIGALRM is due; 0: never.
    uint32_t signal;   // Pending signals, bit n - 1 for signal n.
    State state;
    uint8_t slot;
    // In a call of linux001_calls.h: asleep, or woken but not yet returned.
    bool in_call;
    // The parameters from which `priority` was computed.
    int params_nice;
    int params_priority;
  };

  Linux001() = default;

  std::string_view name() const override { return kName; }
  // 100 Hz.
  int64_t PreferredTickNs() const override { return 10'000'000; }

  const char* RefuseParams(const TaskParams& params) const override;
  const char* Attach(Entity& entity) override;
  void Detach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  // Compares only `priority`: Attach turns nice values into priorities.
  bool Outranks(const TaskParams& a, const TaskParams& b) const override {
    return PriorityOf(a) > PriorityOf(b);
  }
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  void TickAway(Entity& away, int ticks) override;
  void IdleTicks(int64_t ticks) override;
  uint64_t NextIdleEvent() const override;
  std::string_view PickRule() const override {
    return "the largest counter; of equals, the highest slot";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

  // The parts of linux001_calls.h that act on a task. Like the policy's other
  // methods, they require preemption off and are safe in signal handlers.

  // nice(): subtracts `increment` from the priority if the result is positive.
  void Nice(Entity& entity, int increment);
  // alarm(): sends SIGALRM once `seconds` have passed; never if not positive.
  void Alarm(Entity& entity, int seconds);
  // Sets the state in which the current task is about to block.
  void PrepareToSleep(Entity& entity, State state);
  // Ends a call: on the way back to user mode, pending signals are delivered.
  void FinishCall(Entity& entity);
  // Returns whether `entity` holds a slot. Never dereferences the pointer: the
  // task may be gone.
  bool Holds(const Entity* entity) const;
  // Makes a task runnable if it sleeps in one of the calls. Does nothing to
  // other tasks: only the host wakes tasks that the host put to sleep.
  void WakeSleeper(Entity& entity);

  // Returns the counter of slot 0, the idle task.
  int64_t idle_counter() const { return idle_counter_; }

 private:
  // Returns the highest taken slot, 0 if none: the first task that the
  // original's loops over all slots find.
  int HighestTaken() const;
  void RaiseAlarms();
  void Recharge();

  // Slot 0 stays empty: the idle task belongs to the host.
  Entity* slots_[kSlots] = {};
  // Bit n is set if slot n is taken.
  uint64_t taken_ = 0;
  int64_t idle_counter_ = kDefaultPriority;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LINUX001_H_
