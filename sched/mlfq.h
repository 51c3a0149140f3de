// Multilevel feedback queue: prefers short bursts, without starving long ones.
#ifndef JIFFY_SCHED_MLFQ_H_
#define JIFFY_SCHED_MLFQ_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/priority_array.h"
#include "sched/scheduler.h"
#include "sched/time_units.h"

namespace jiffy::sched {

// Source: Corbato, Merwin-Daggett and Daley, "An Experimental Time-Sharing
// System", AFIPS 1962, in the form of Arpaci-Dusseau and Arpaci-Dusseau,
// "Operating Systems: Three Easy Pieces", chapter 8:
//
// 1. A task of a higher level runs before, and preempts, one of a lower level.
// 2. Tasks of one level take turns, a time slice each.
// 3. A new task begins at the top.
// 4. A task that has used up the slice of its level, in any number of bursts,
//    goes down one level; at the lowest it goes to the end of the queue.
// 5. After each boost period, all tasks go to the top.
//
// Promises: with a boost period, nobody starves.
// Cost: independent of the number of tasks, except for a boost, which moves all
// tasks.
//
// TaskParams: none.
class Mlfq final : public Scheduler {
 public:
  static constexpr std::string_view kName = "mlfq";
  static constexpr int kMaxLevels = 32;

  struct Options {
    int levels = 4;
    // Slice of each level, in nanoseconds, positive; the top is level 0.
    int64_t slice_ns[kMaxLevels] = {};
    // 0: no boost.
    int64_t boost_ns = kNsPerSecond;
  };
  // Returns options with the given slice at the top level, doubled at each
  // level below.
  static Options DoublingSlices(int levels, int64_t top_slice_ns);

  // The policy's data about a task.
  struct Task {
    int64_t used_ns;  // Used part of its level's slice.
    uint64_t boosts;  // How many boosts it has seen.
    int32_t level;
    bool expired;  // The slice ran out; not queued since.
  };

  explicit Mlfq(const Options& options)
      : options_(options), next_boost_ns_(options.boost_ns) {}

  std::string_view name() const override { return kName; }
  // Slices end at ticks, so the tick must not exceed the shortest slice.
  int64_t PreferredTickNs() const override;
  bool NeedsClock() const override { return true; }

  const char* Attach(Entity& entity) override;
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  bool WakeupPreempts(const Entity& current, const Entity& woken) override;
  std::string_view PickRule() const override {
    return "the first of the highest level in use";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

 private:
  void Charge();
  void BoostIfDue();
  void CatchUp(Task& task) const;

  const Options options_;
  // The runnable tasks except the current one.
  PriorityArray<kMaxLevels> queue_;
  Entity* current_ = nullptr;
  int64_t charged_until_ns_ = 0;
  int64_t next_boost_ns_;
  uint64_t boosts_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_MLFQ_H_
