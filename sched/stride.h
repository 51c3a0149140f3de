// Stride scheduling: CPU time in the exact ratio of tickets.
#ifndef JIFFY_SCHED_STRIDE_H_
#define JIFFY_SCHED_STRIDE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/scheduler.h"
#include "sched/slice_meter.h"
#include "sched/treap.h"

namespace jiffy::sched {

// Source: Waldspurger and Weihl, "Stride Scheduling: Deterministic
// Proportional-Share Resource Management", MIT/LCS/TM-528, 1995.
//
// A task's stride is the inverse of its tickets. Its pass advances by the
// stride for each time slice used, in proportion for a part of a slice. The
// task with the smallest pass is next; of equals, the one that has waited
// longest. The global pass advances by the inverse of all tickets. A task that
// returns has the same distance from the global pass as when it left; a new
// task starts one stride after it.
//
// Error: over any time, a task's CPU time differs from its share by about a
// slice.
//
// TaskParams: `priority` or else `nice` sets the tickets (tickets.h);
// `slice_ns`.
//
// Deviates:
// - A pass counts in nanoseconds, not in whole slices.
// - A task that yields does not run again before another task, if there is one
//   (in the paper, the smallest pass always wins).
// - No tree of tasks and no currencies.
class Stride final : public Scheduler {
 public:
  static constexpr std::string_view kName = "stride";

  // The policy's data about a task. Passes wrap around, their differences do
  // not: one task with one ticket reaches 2^64 in half a year.
  struct Task {
    TreapLinks links;
    uint64_t pass;
    int64_t remain;  // pass - global pass, when it left.
    int64_t tickets;
    bool runnable;
  };

  // `slice_ns` is for tasks that set none: nanoseconds, positive.
  explicit Stride(int64_t slice_ns) : slice_ns_(slice_ns), meter_(slice_ns) {}

  std::string_view name() const override { return kName; }
  bool NeedsClock() const override { return true; }

  const char* Attach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  void TickAway(Entity& away, int ticks) override;
  std::string_view PickRule() const override { return "the smallest pass"; }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

 private:
  struct ByPass {
    static TreapLinks& Links(Entity& entity) {
      return entity.Data<Task>().links;
    }
    static bool Before(const Entity& a, const Entity& b) {
      return static_cast<int64_t>(a.Data<Task>().pass - b.Data<Task>().pass) <
             0;
    }
  };

  void Charge();
  void Join(Task& task);
  void Leave(Task& task);

  const int64_t slice_ns_;
  // The runnable tasks except the current one.
  Treap<ByPass> tree_;
  Entity* current_ = nullptr;
  // The task whose yield caused the pending decision.
  Entity* yielder_ = nullptr;
  int64_t charged_until_ns_ = 0;
  uint64_t global_pass_ = 0;
  // Sum over the runnable tasks.
  int64_t global_tickets_ = 0;
  SliceMeter meter_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_STRIDE_H_
