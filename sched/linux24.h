// The scheduler of Linux 2.4: computes the goodness of each task.
#ifndef JIFFY_SCHED_LINUX24_H_
#define JIFFY_SCHED_LINUX24_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/family.h"
#include "sched/linux_params.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"

namespace jiffy::sched {

// Source: Linux 2.4.17, kernel/sched.c (goodness, schedule, reschedule_idle,
// sys_sched_yield, setscheduler), kernel/fork.c (do_fork), kernel/exit.c
// (release_task), kernel/timer.c (update_process_times), include/asm-i386/smp.h
// (PROC_CHANGE_PENALTY).
//
// Each normal task has a counter of ticks. A slice is ((20 - nice) >> 2) + 1
// ticks at 100 Hz: 11, 6, 1 for nice -20, 0, 19. schedule() (here PickNext())
// computes the goodness of every runnable task:
//
//   real-time            1000 + its priority
//   it has just yielded  -1
//   counter 0            0
//   else                 counter + (20 - nice) + 1 + 15
//
// (1 for the same address space and 15 for the CPU that it last ran on: both
// always apply here, as on a one-CPU machine.) The best task is next; of
// equals, the first in the queue. If the best goodness is 0, all tasks,
// including sleepers, get counter = counter / 2 + slice, and the search
// repeats.
//
// A new or woken task enters the queue at its head, and preempts if its
// goodness exceeds the current task's. The current task keeps its place; a
// yield moves it to the tail. A child of the running task gets half of its
// counter; ticks that the child leaves at exit go to its parent, up to 20 ticks
// at 100 Hz. A SCHED_RR task that used up its slice gets a new one and goes to
// the tail. SCHED_FIFO has no slice.
//
// Starves: normal tasks, while real-time tasks do not block; likewise real-time
// tasks of lower priority.
//
// TaskParams: `nice`; for real-time tasks `sched_class` and `priority`.
//
// Deviates:
// - A task that is new to this CPU counts as a child of the running task, if
//   any, but has its own nice value.
// - SCHED_FIFO: a tick at counter 0 does not ask for a decision (corrected in
//   2.4.20; in 2.4.17 a woken task of equal priority got the CPU that way).
// - The parent gets an exiting child's ticks at once, not when it waits for the
//   child; without a parent the ticks are lost (in 2.4, init gets them).
// - A change of class or priority takes effect at the next decision.
class Linux24 final : public Scheduler {
 public:
  static constexpr std::string_view kName = "linux-2.4";

  // The policy's data about a task: the needed part of its task_struct.
  struct Task {
    FamilyLinks family;
    // Links of the list of all tasks, for the recharge.
    Entity* all_next;
    Entity* all_prev;
    int32_t counter;  // Ticks left.
    // The class and priority with which the task was queued.
    int8_t rt_priority;
    SchedClass sched_class;
    bool on_queue;
    // SCHED_YIELD: the next decision prefers any other task.
    bool yielded;
  };

  Linux24() = default;

  std::string_view name() const override { return kName; }
  // 100 Hz.
  int64_t PreferredTickNs() const override { return 10'000'000; }

  const char* RefuseParams(const TaskParams& params) const override;
  bool HasClass(SchedClass sched_class) const override {
    return sched_class == SchedClass::kNormal || IsRealTime(sched_class);
  }
  const char* Attach(Entity& entity) override;
  void Detach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  bool Outranks(const TaskParams& a, const TaskParams& b) const override {
    return OutranksAsInLinux(a, b);
  }
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  void TickAway(Entity& away, int ticks) override;
  bool WakeupPreempts(const Entity& current, const Entity& woken) override;
  std::string_view PickRule() const override {
    return "the greatest goodness; of equals, the first in the queue";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

  // Returns the goodness of a task.
  static int64_t Goodness(const Entity& entity);

 private:
  int32_t SliceTicks(const Entity& entity) const;
  int32_t MaxCounter() const;
  void ShareCounter(Entity& child);
  void ReturnCounter(Task& child);
  void LeaveCpu(Entity& entity);
  void Recharge();

  // Includes the current task, like the original.
  RunList queue_;
  int64_t runnable_ = 0;
  Entity* all_ = nullptr;
  Entity* current_ = nullptr;
  // The task whose yield caused the pending decision.
  Entity* yielder_ = nullptr;
  // A class or priority changed.
  bool need_resched_ = false;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LINUX24_H_
