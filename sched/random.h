// Random: a task drawn at random, for a time slice.
#ifndef JIFFY_SCHED_RANDOM_H_
#define JIFFY_SCHED_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/entity_array.h"
#include "sched/scheduler.h"
#include "sched/slice_meter.h"
#include "sched/splitmix64.h"

namespace jiffy::sched {

// Draws the next task from all runnable ones, each equally likely, including
// the task that just yielded or used up its slice. Slices are as in
// round-robin. The same seed and events give the same picks.
//
// Fair only on average: a task's wait has no bound. Useful to test orders of
// execution that fairer policies never produce.
class Random final : public Scheduler {
 public:
  static constexpr std::string_view kName = "random";

  // `slice_ns` is for tasks that set none: nanoseconds, positive.
  Random(int64_t slice_ns, uint64_t seed) : meter_(slice_ns), random_(seed) {}

  std::string_view name() const override { return kName; }
  void Reserve(size_t tasks) override;
  const char* Attach(Entity& entity) override;
  void Detach(Entity& entity) override;
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;

 private:
  // The policy's data about a task.
  struct Place {
    uint32_t index;  // In runnable_, while it is queued.
  };

  // Takes the task at `index` off the queue.
  Entity* Take(uint32_t index);

  EntityArray runnable_;
  size_t attached_ = 0;
  SliceMeter meter_;
  SplitMix64 random_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_RANDOM_H_
