// First come, first served: a task runs until it blocks, yields or exits.
#ifndef JIFFY_SCHED_FIFO_H_
#define JIFFY_SCHED_FIFO_H_

#include <string_view>

#include "sched/run_list.h"
#include "sched/scheduler.h"

namespace jiffy::sched {

// No tick and no wake-up preempts. If a host takes the CPU away for its own
// reasons, the task goes back to the head of the queue and so runs next. This
// is POSIX's rule for SCHED_FIFO (IEEE Std 1003.1, "Scheduling Policies").
//
// Starves: all tasks queued behind a task that never blocks, by design.
class Fifo final : public Scheduler {
 public:
  static constexpr std::string_view kName = "fifo";

  std::string_view name() const override { return kName; }
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool StartFirst(Entity& current, Entity& child) override;
  Entity* Yield(Entity& current) override;
  TurnQueue turn_queue() override { return {.queue = &queue_}; }
  bool Tick(Entity& current, int ticks) override;

 private:
  RunList queue_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_FIFO_H_
