// Lottery scheduling: CPU time by chance, in the ratio of tickets.
#ifndef JIFFY_SCHED_LOTTERY_H_
#define JIFFY_SCHED_LOTTERY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/entity_array.h"
#include "sched/scheduler.h"
#include "sched/slice_meter.h"
#include "sched/splitmix64.h"

namespace jiffy::sched {

// Source: Waldspurger and Weihl, "Lottery Scheduling: Flexible Proportional-
// Share Resource Management", OSDI 1994.
//
// Each time slice is raffled among all runnable tasks, each ticket equally
// likely; the task that just had the CPU takes part. A task that used only a
// part f of its slice holds 1 / f times its tickets until it wins again (the
// paper's compensation tickets); otherwise tasks that sleep would get less than
// their share. The same seed and events give the same picks.
//
// Fair only on average: a task's wait has no bound.
//
// TaskParams: `priority` or else `nice` sets the tickets (tickets.h);
// `slice_ns`.
//
// Deviates: no currencies and no transfers of tickets; compensation is at most
// a thousandfold.
class Lottery final : public Scheduler {
 public:
  static constexpr std::string_view kName = "lottery";

  struct Options {
    // For tasks that set none, in nanoseconds, positive.
    int64_t slice_ns = 10'000'000;
    uint64_t seed = 1;
    bool compensation = true;
  };

  // The policy's data about a task.
  struct Task {
    int64_t tickets;  // With compensation.
    int64_t subtree;  // Its own plus those below its place in runnable_.
    uint32_t index;   // That place, while it is queued.
    bool queued;
  };

  explicit Lottery(const Options& options)
      : options_(options), meter_(options.slice_ns), random_(options.seed) {}

  std::string_view name() const override { return kName; }
  // To measure the used part of a slice.
  bool NeedsClock() const override { return options_.compensation; }

  void Reserve(size_t tasks) override;
  const char* Attach(Entity& entity) override;
  void Detach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  std::string_view PickRule() const override {
    return "the holder of a ticket drawn at random";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

 private:
  void Compensate(Entity& entity);
  int64_t Subtree(size_t index);
  void AddAbove(size_t index, int64_t tickets);
  void Insert(Entity& entity);
  void Remove(Entity& entity);
  int64_t Draw(int64_t tickets);

  const Options options_;
  // The runnable tasks as a complete binary tree: the children of place i are
  // places 2 i + 1 and 2 i + 2, and each place stores the sum of the tickets in
  // its subtree.
  EntityArray runnable_;
  size_t attached_ = 0;
  Entity* current_ = nullptr;
  int64_t slice_start_ns_ = 0;
  SliceMeter meter_;
  SplitMix64 random_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LOTTERY_H_
