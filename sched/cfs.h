// The Completely Fair Scheduler of Linux 2.6.23 to 6.5.
#ifndef JIFFY_SCHED_CFS_H_
#define JIFFY_SCHED_CFS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/class_data.h"
#include "sched/linux_params.h"
#include "sched/scheduler.h"
#include "sched/treap.h"

namespace jiffy::sched {

// Source: Linux 5.10, kernel/sched/fair.c, whose names the functions have in
// their comments.
//
// A task's virtual runtime advances by the time it runs times 1024 / weight
// (WeightOfNice); the smallest one is next. min_vruntime, the queue's own
// clock, follows the smallest and never goes back.
//
// Period: sched_latency while no more tasks are runnable than fit in it, else
// min_granularity for each; a task's slice is its share of the period. A tick
// preempts a task that ran longer than its slice, or, once it ran for
// min_granularity, one whose lead over the next is more than the slice.
//
// A new task starts a slice behind min_vruntime; a woken one keeps its own, but
// no more than half of sched_latency before min_vruntime. Either preempts if it
// is behind the current one by more than wakeup_granularity (in its own virtual
// time). After a yield the next one runs, unless it leads by more than that.
//
// SCHED_IDLE weighs 3. Whoever else wakes up preempts such a task; it preempts
// nobody by waking up, and SCHED_BATCH does not either.
//
// The three constants are 6, 0.75 and 1 ms times 1 + log2(min(CPUs, 8)).
//
// Promises: nobody starves; CPU time in the ratio of the weights.
//
// TaskParams: `nice`; `sched_class`, as far as it is one of these.
//
// Deviates:
// - No buddies: 5.10 prefers, within wakeup_granularity, the task that a
// wake-up
//   preempted for, and with 8 tasks or more the one that it preempted.
// - No groups, no SCHED_DEADLINE; the real-time classes are WithRealTime's.
// - A task that moves to another CPU comes there as a new one. One that is new
//   is taken for a child of the task on the CPU, if one runs: it does not start
//   before it.
// - Division instead of multiplication by a rounded inverse.
// - A change of the nice value acts at the next tick.
class Cfs : public Scheduler {
 public:
  static constexpr std::string_view kName = "cfs";

  struct Options {
    int64_t sched_latency_ns = 6'000'000;
    int64_t min_granularity_ns = 750'000;
    int64_t wakeup_granularity_ns = 1'000'000;
  };
  // Returns the options that Linux has on a machine of that many CPUs.
  static Options DefaultOptions(int cpus);

  // The policy's data about a task: its sched_entity, as far as this goes.
  struct Task {
    ClassData class_data;
    TreapLinks links;
    int64_t vruntime;
    int64_t weight;
    bool on_rq;  // Runnable: in the tree, or current.
  };

  explicit Cfs(const Options& options);

  std::string_view name() const override { return kName; }
  // 1000 Hz.
  int64_t PreferredTickNs() const override { return 1'000'000; }
  bool NeedsClock() const override { return true; }

  bool HasClass(SchedClass sched_class) const override {
    return sched_class == SchedClass::kNormal ||
           sched_class == SchedClass::kBatch ||
           sched_class == SchedClass::kIdle;
  }
  const char* Attach(Entity& entity) override;
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
    return "the smallest virtual runtime";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

  int64_t min_vruntime() const { return min_vruntime_; }

  // Returns whether a task is in the queue or on the CPU.
  static bool IsRunnable(const Entity& entity) {
    return entity.Data<Task>().on_rq;
  }

 private:
  struct ByVruntime {
    static TreapLinks& Links(Entity& entity) {
      return entity.Data<Task>().links;
    }
    static bool Before(const Entity& a, const Entity& b) {
      return a.Data<Task>().vruntime < b.Data<Task>().vruntime;
    }
  };

  int64_t SliceNs(const Task& task) const;
  void UpdateCurrent();
  void UpdateMinVruntime();
  bool LeadsTooMuch(const Task& leader, const Task& behind) const;

  const Options options_;
  const int64_t tasks_in_latency_;

  // The runnable ones but the current.
  Treap<ByVruntime> tree_;
  Entity* current_ = nullptr;
  // The task whose yield led to the decision that is due.
  Entity* yielder_ = nullptr;
  int64_t min_vruntime_ = 0;
  // The runnable ones and their weights.
  int64_t runnable_ = 0;
  int64_t load_ = 0;
  // Of the current task: until when its time is charged, and how much it had.
  int64_t exec_start_ns_ = 0;
  int64_t ran_ns_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_CFS_H_
