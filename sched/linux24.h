// The scheduler of Linux 2.4: goodness, looked up task by task.
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
// ticks at 100 Hz: 11, 6, 1 for nice -20, 0, 19. schedule(), which is
// PickNext() here, computes the goodness of every runnable task:
//
//   real-time            1000 + its priority
//   it has just yielded  -1
//   counter 0            0
//   else                 counter + (20 - nice) + 1 + 15
//
// (1 for the same address space and 15 for the CPU that it ran on last: both
// always hold here, as on a machine of one CPU.) The best one is next, of
// equals the first in the queue. If the best goodness is 0, all tasks, sleepers
// too, get counter = counter / 2 + slice, and it looks again.
//
// A new or woken task enters the queue at its head, and preempts if its
// goodness is more than the current one's. The current task keeps its place; a
// yield moves it to the tail. The child of the task on the CPU gets half of its
// counter; what it leaves when it exits is its parent's, up to 20 ticks at 100
// Hz. SCHED_RR used up: a new slice, to the tail. SCHED_FIFO has no slice.
//
// Starves: normal tasks, by real-time ones that do not block; among real-time
// ones those of lower priority.
//
// TaskParams: `nice`; for real-time tasks `sched_class` and `priority`.
//
// Deviates:
// - A task that is new to this CPU is taken for a child of the task that runs
//   on it, if one does, and has its own nice value, not its parent's.
// - SCHED_FIFO: a tick at counter 0 asks for no decision (a correction that
//   2.4.20 has; in 2.4.17 a woken task of equal priority got the CPU so).
// - The parent has the ticks of a child that exits at once, not when it waits
//   for it; a child without a parent leaves them to nobody (in 2.4, to init).
// - A change of class or priority takes effect at the next decision.
class Linux24 final : public Scheduler {
 public:
  static constexpr std::string_view kName = "linux-2.4";

  // The policy's data about a task: its task_struct, as far as this goes.
  struct Task {
    FamilyLinks family;
    // All tasks, for the recharge.
    Entity* all_next;
    Entity* all_prev;
    int32_t counter;  // Ticks left.
    // The class and priority that it was put into the queue with.
    int8_t rt_priority;
    SchedClass sched_class;
    bool on_queue;
    // SCHED_YIELD: the next decision prefers anybody else.
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

  // Holds the current task too, like the original.
  RunList queue_;
  int64_t runnable_ = 0;
  Entity* all_ = nullptr;
  Entity* current_ = nullptr;
  // The task whose yield led to the decision that is due.
  Entity* yielder_ = nullptr;
  // A class or priority changed.
  bool need_resched_ = false;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LINUX24_H_
