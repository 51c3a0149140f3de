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
// Proportional- Share Resource Management", MIT/LCS/TM-528, 1995.
//
// A task's stride is the inverse of its tickets. Its pass advances by the
// stride for each time slice it uses, by a part of it for a part of a slice,
// and the task with the smallest pass is next, of equals the one that waits
// longest. The global pass advances by the inverse of all tickets: who comes,
// or comes back, is as far from it as when it left, and a new task one stride.
//
// Error: over any time, a task's share differs from its due by a slice or so.
//
// TaskParams: `priority`, else `nice`, gives the tickets (tickets.h);
// `slice_ns`.
//
// Deviates:
// - The unit of a pass is such that it holds nanoseconds, not whole slices.
// - A task that yields does not run again before another one has, if there is
//   one (in the paper, whoever has the smallest pass would).
// - No tree of tasks and no currencies.
class Stride final : public Scheduler {
 public:
  static constexpr std::string_view kName = "stride";

  // The policy's data about a task. Passes wrap around, their differences do
  // not; one task of one ticket gets from 0 to 2^64 in half a year.
  struct Task {
    TreapLinks links;
    uint64_t pass;
    int64_t remain;  // pass - global pass when it left.
    int64_t tickets;
    bool runnable;
  };

  // Takes the slice of tasks that set none, in nanoseconds, positive.
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
  // The runnable ones but the current.
  Treap<ByPass> tree_;
  Entity* current_ = nullptr;
  // The task whose yield led to the decision that is due.
  Entity* yielder_ = nullptr;
  int64_t charged_until_ns_ = 0;
  uint64_t global_pass_ = 0;
  // Of the runnable ones.
  int64_t global_tickets_ = 0;
  SliceMeter meter_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_STRIDE_H_
