// The real-time classes above a fair one: SCHED_FIFO and SCHED_RR as Linux has
// them above CFS and EEVDF.
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
// A real-time task goes before every fair one: by priority, 99 first, and of
// equals first come, first served. One that is preempted keeps its place; a
// yield goes behind its equals. SCHED_RR goes behind them after 100 ms as well.
// A real-time task that comes preempts fair ones and those of less priority.
// Where there is none, the fair class decides.
//
// Starves: fair tasks, by real-time ones that do not block.
//
// TaskParams: `sched_class` and `priority`; those of the fair class.
//
// Deviates:
// - No throttling: Linux leaves 5 % of the time to fair tasks
//   (sched_rt_runtime, or, since 6.12, the fair server).
// - A change of class or priority acts at the next tick. Who comes back to the
//   fair class comes there as a new task.
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

  // The real-time tasks, the current one too.
  PriorityArray<kLevels> queue_;
  // The task on the CPU, of any class.
  Entity* current_ = nullptr;
  // The current task, if it has come to the fair class since it was chosen: it
  // is in that one's queue.
  Entity* landing_ = nullptr;
  bool need_resched_ = false;
};

extern template class WithRealTime<Cfs>;
extern template class WithRealTime<Eevdf>;

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_WITH_REAL_TIME_H_
