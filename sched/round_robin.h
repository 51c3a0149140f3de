// Round-robin: all tasks in turn, a time slice each.
#ifndef JIFFY_SCHED_ROUND_ROBIN_H_
#define JIFFY_SCHED_ROUND_ROBIN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "sched/slice_meter.h"

namespace jiffy::sched {

// One queue. A new, woken, yielding or preempted task goes to its end. A task
// that gets the CPU has a new slice: TaskParams::slice_ns, else the policy's. A
// wake-up never preempts, and a child that starts first hands the CPU back to
// its parent. With n runnable tasks, no task waits longer than the n - 1 slices
// of the others.
class RoundRobin final : public Scheduler {
 public:
  static constexpr std::string_view kName = "rr";

  // `slice_ns` is for tasks that set none: nanoseconds, positive.
  explicit RoundRobin(int64_t slice_ns) : meter_(slice_ns) {}

  std::string_view name() const override { return kName; }
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool StartFirst(Entity& current, Entity& child) override;
  Entity* Yield(Entity& current) override;
  TurnQueue turn_queue() override {
    return {.queue = &queue_, .reset = meter_.used_ticks()};
  }
  bool Tick(Entity& current, int ticks) override;
  std::string_view PickRule() const override {
    return "who has been in the queue for longest";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

 private:
  RunList queue_;
  SliceMeter meter_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_ROUND_ROBIN_H_
