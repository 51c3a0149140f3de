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

// Source: Linux 5.10, kernel/sched/fair.c. Comments at the functions give the
// names there.
//
// A task's virtual runtime advances by its running time times 1024 / weight
// (WeightOfNice); the task with the smallest one is next. min_vruntime, the
// queue's own clock, follows the smallest and never goes back.
//
// The period is sched_latency while the runnable tasks fit in it, else
// min_granularity for each task; a task's slice is its share of the period. A
// tick preempts a task that ran longer than its slice, or that ran for
// min_granularity and leads the next task by more than its slice.
//
// A new task starts one slice after min_vruntime. A woken task keeps its
// vruntime, but at most half of sched_latency before min_vruntime. Either
// preempts if its vruntime is behind the current task's by more than
// wakeup_granularity (in its own virtual time). After a yield the next task
// runs, unless it leads the yielder by more than that.
//
// SCHED_IDLE has weight 3. Any other task that wakes up preempts a SCHED_IDLE
// task. Wake-ups of SCHED_IDLE and SCHED_BATCH tasks preempt nobody.
//
// The three constants are 6, 0.75 and 1 ms times 1 + log2(min(CPUs, 8)).
//
// Promises: nobody starves; CPU time in the ratio of the weights.
//
// TaskParams: `nice`; `sched_class`, if it is one of these.
//
// Deviates:
// - No buddies: 5.10 prefers, within wakeup_granularity, the task for which a
//   wake-up preempted, and with 8 tasks or more the one that was preempted.
// - No groups, no SCHED_DEADLINE; the real-time classes are WithRealTime's.
// - A task that moves to another CPU is a new task there. A new task counts as
//   a child of the running task, if any: it does not start before its parent.
// - Division instead of multiplication by a rounded inverse.
// - A change of the nice value takes effect at the next tick.
class Cfs : public Scheduler {
 public:
  static constexpr std::string_view kName = "cfs";

  struct Options {
    int64_t sched_latency_ns = 6'000'000;
    int64_t min_granularity_ns = 750'000;
    int64_t wakeup_granularity_ns = 1'000'000;
  };
  // Returns the options of Linux on a machine with `cpus` CPUs.
  static Options DefaultOptions(int cpus);

  // The policy's data about a task: the needed part of its sched_entity.
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

  // The runnable tasks except the current one.
  Treap<ByVruntime> tree_;
  Entity* current_ = nullptr;
  // The task whose yield caused the pending decision.
  Entity* yielder_ = nullptr;
  int64_t min_vruntime_ = 0;
  // Number and total weight of the runnable tasks.
  int64_t runnable_ = 0;
  int64_t load_ = 0;
  // For the current task: the time up to which it is charged, and how long it
  // ran.
  int64_t exec_start_ns_ = 0;
  int64_t ran_ns_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_CFS_H_
