// The real-time classes above a fair class: SCHED_FIFO and SCHED_RR as in Linux
// above CFS and EEVDF.
#ifndef JIFFY_SCHED_WITH_REAL_TIME_H_
#define JIFFY_SCHED_WITH_REAL_TIME_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/cfs.h"
#include "sched/class_data.h"
#include "sched/eevdf.h"
#include "sched/linux_params.h"
#include "sched/priority_array.h"
#include "sched/scheduler.h"

namespace jiffy::sched {

// Source: Linux 5.10, kernel/sched/rt.c (enqueue_task_rt, task_tick_rt,
// yield_task_rt, check_preempt_curr_rt), kernel/sched/core.c
// (check_preempt_curr, pick_next_task); the same in 6.15.
//
// Real-time tasks run before all fair ones, by priority, 99 first; equals run
// first come, first served. A preempted task keeps its place; a yield moves it
// behind its equals, as do 100 ms of running under SCHED_RR. A new or woken
// real-time task preempts fair tasks and tasks of lower priority. Without
// real-time tasks, the fair class decides.
//
// Starves: fair tasks, while real-time tasks do not block.
//
// TaskParams: `sched_class` and `priority`; those of the fair class.
//
// Deviates:
// - No throttling: Linux leaves 5 % of the time to fair tasks
//   (sched_rt_runtime, or, since 6.12, the fair server).
// - A change of class or priority takes effect at the next tick. A task that
//   returns to the fair class is a new task there.
template <typename Fair>
class WithRealTime final : public Fair {
 public:
  using Fair::Fair;

  bool HasClass(SchedClass sched_class) const override {
    return IsRealTime(sched_class) || Fair::HasClass(sched_class);
  }
  const char* RefuseParams(const TaskParams& params) const override {
    return IsRealTime(params) ? RefuseRtPriority(params)
                              : Fair::RefuseParams(params);
  }
  const char* Attach(Entity& entity) override;
  void Detach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  void TickAway(Entity& away, int ticks) override;
  bool WakeupPreempts(const Entity& current, const Entity& woken) override;
  std::string_view PickRule() const override {
    if (current_ != nullptr && ClassDataOf(*current_).real_time) {
      return "the real-time task of the highest priority";
    }
    return Fair::PickRule();
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

 private:
  static constexpr int kLevels = kMaxRtPriority;

  int32_t TurnTicks() const;
  void Join(Entity& entity);
  void Push(Entity& entity);
  void Remove(Entity& entity);

  // The real-time tasks, including the current one.
  PriorityArray<kLevels> queue_;
  // The task on the CPU, of any class.
  Entity* current_ = nullptr;
  // The current task if it moved to the fair class after it was chosen: it is
  // already in the fair class's queue.
  Entity* landing_ = nullptr;
  bool need_resched_ = false;
};

extern template class WithRealTime<Cfs>;
extern template class WithRealTime<Eevdf>;

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_WITH_REAL_TIME_H_
