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
// kernel/fork.c (find_empty_process), kernel/system_call.s (the way back to
// user mode).
//
// There is no run queue. 64 slots hold all tasks, and schedule(), which is
// PickNext() here, looks at every one of them:
//
// 1. A task whose alarm time has passed gets SIGALRM. An interruptible sleeper
//    with a signal pending becomes runnable.
// 2. The runnable task with the largest counter is next; of equals, the one in
//    the highest slot. Nobody runnable: slot 0, the idle task.
// 3. If the largest counter is 0, all tasks, sleepers too, get
//    counter = counter / 2 + priority; then 2 again. So who sleeps gathers
//    credit, up to 2 * priority - 1, and is ahead of the others on waking.
//
// A tick takes one from the current task's counter; at 0, schedule() is called.
// A wake-up calls nothing: the woken task waits until somebody else does. The
// calls that tasks make (nice, alarm, pause, sleep_on, ...) are in
// linux001_calls.h.
//
// TaskParams: `priority`, if it is not 0 and the task is no real-time one, is
// the task's priority. Else `nice`,
// if it is not 0, is the argument of one call of nice() on priority 15, by that
// call's own rule: one that would make the priority 0 or less changes nothing.
// While a task lives, a change of one of the two sets its priority anew and
// leaves its counter alone.
//
// Deviates:
// - A task takes its priority from its TaskParams, not from a parent: it is
//   spawned, not forked.
// - A task that moves to another CPU comes there as a new one (Linux 0.01 knew
//   one CPU).
// - SIGALRM is the only signal. Its handler exists and does nothing (in the
//   original a process without a handler dies).
// - No process is ever a zombie for longer than its host takes to Detach it.
class Linux001 final : public Scheduler {
 public:
  static constexpr std::string_view kName = "linux-0.01";

  // NR_TASKS: the slots, that of the idle task included.
  static constexpr int kSlots = 64;
  static constexpr int kDefaultPriority = 15;

  // The priority that a task asks for, in ticks; 0: none. That of a real-time
  // task is no number of ticks.
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

  // The policy's data about a task: its task_struct, as far as scheduling goes.
  struct Task {
    int64_t counter;   // Ticks left.
    int64_t priority;  // Ticks it gets at a recharge.
    uint64_t alarm;    // Jiffy after which SIGALRM is due; 0: never.
    uint32_t signal;   // Pending signals, bit n - 1 for signal n.
    State state;
    uint8_t slot;
    // Asleep in, or woken but not yet back from, one of linux001_calls.h.
    bool in_call;
    // The parameters that `priority` was made from.
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
  // By `priority` alone: nice values become priorities when a task is taken in.
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

  // What the calls of linux001_calls.h do to a task. Like the policy's other
  // methods they want preemption off, and suit signal handlers.

  // nice(): takes `increment` from the priority if the result is positive.
  void Nice(Entity& entity, int increment);
  // alarm(): sends SIGALRM once `seconds` have passed; never if not positive.
  void Alarm(Entity& entity, int seconds);
  // Sets the state in which the current task is about to block.
  void PrepareToSleep(Entity& entity, State state);
  // Ends a call: on the way back to user mode, pending signals are delivered.
  void FinishCall(Entity& entity);
  // Returns whether `entity` holds a slot. Never follows the pointer: it may
  // be a task that is gone.
  bool Holds(const Entity* entity) const;
  // Makes a task runnable that sleeps in one of the calls. Any other it leaves
  // alone; what the host put to sleep for its own reasons only the host wakes.
  void WakeSleeper(Entity& entity);

  // Returns the counter of slot 0, the idle task.
  int64_t idle_counter() const { return idle_counter_; }

 private:
  // Returns the highest slot that is taken, 0 if none: where the original's
  // loops over all slots find their first task.
  int HighestTaken() const;
  void RaiseAlarms();
  void Recharge();

  // Slot 0 stays empty: the idle task is the host's.
  Entity* slots_[kSlots] = {};
  // Bit n is set if slot n is taken.
  uint64_t taken_ = 0;
  int64_t idle_counter_ = kDefaultPriority;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LINUX001_H_
