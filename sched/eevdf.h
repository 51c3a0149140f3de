// Earliest Eligible Virtual Deadline First: Linux since 6.6.
#ifndef JIFFY_SCHED_EEVDF_H_
#define JIFFY_SCHED_EEVDF_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/class_data.h"
#include "sched/linux_params.h"
#include "sched/scheduler.h"
#include "sched/treap.h"

namespace jiffy::sched {

// Source: Stoica and Abdel-Wahab, "Earliest Eligible Virtual Deadline First",
// Old Dominion University TR-95-22, 1995; Linux 6.15, kernel/sched/fair.c
// (comments at the functions give the names there) and kernel/sched/features.h
// with its defaults (PLACE_LAG, PLACE_DEADLINE_INITIAL, RUN_TO_PARITY,
// PREEMPT_SHORT, DELAY_DEQUEUE, DELAY_ZERO).
//
// A task's virtual runtime v advances by its running time times 1024 / weight
// (WeightOfNice). V is the weighted average of v over all queued tasks and the
// current one. A task's lag is V - v, the service that it is owed; a task is
// eligible if its lag is not negative. A task requests one slice at a time; its
// virtual deadline is the value of v after that slice. The eligible task with
// the earliest deadline is next.
//
// A task that reaches its deadline gets the next one, and a new decision is
// made. Until then, or until it stops being eligible, only an eligible woken
// task with a shorter slice may replace it, by a normal comparison of
// deadlines.
//
// A sleeping task keeps its lag, within +- max(2 slices, a tick), and returns
// with that lag. A task that goes to sleep with negative lag stays queued until
// it is eligible or woken, so that sleep does not cancel its debt; its lag does
// not become positive that way. A new task starts with no lag and a deadline at
// half a slice.
//
// SCHED_IDLE has weight 3. Its slice does not protect a SCHED_IDLE task against
// other tasks that wake up. Wake-ups of SCHED_IDLE and SCHED_BATCH tasks
// replace nobody.
//
// The slice is 0.70 ms times 1 + log2(min(CPUs, 8)), or the task's own.
//
// Promises: nobody starves; CPU time in the ratio of the weights.
//
// TaskParams: `nice`; `slice_ns`, clamped to 0.1 to 100 ms; `sched_class`, if
// it is one of these.
//
// Deviates:
// - A yield gives up the rest of the slice, as in 6.18: v = deadline, if the
//   task is eligible. (In 6.15, each of a series of yields moves only the
//   deadline, without limit.)
// - A task that is chosen again after it used up its slice is protected in the
//   next slice too.
// - No groups, no SCHED_DEADLINE, no buddies (off in 6.15 too). The real-time
//   classes are WithRealTime's.
// - A task that moves to another CPU is a new task there.
// - A change of the nice value or slice takes effect at the next tick.
class Eevdf : public Scheduler {
 public:
  static constexpr std::string_view kName = "eevdf";

  struct Options {
    int64_t base_slice_ns = 700'000;
  };
  // Returns the options of Linux on a machine with `cpus` CPUs.
  static Options DefaultOptions(int cpus);

  // The policy's data about a task: the needed part of its sched_entity.
  struct Task {
    ClassData class_data;
    TreapLinks links;
    int64_t vruntime;
    int64_t deadline;      // Virtual.
    int64_t min_vruntime;  // Of its subtree.
    int64_t vlag;          // While not queued: V - v when it left.
    int32_t weight;
    bool queued;         // In the tree, or current.
    bool sched_delayed;  // Asleep, but in the tree.
  };

  explicit Eevdf(const Options& options) : options_(options) {}

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
  void Detach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  bool Outranks(const TaskParams& a, const TaskParams& b) const override {
    return OutranksAsInLinux(a, b);
  }
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  bool WakeupPreempts(const Entity& current, const Entity& woken) override;
  std::string_view PickRule() const override {
    return "the eligible one (lag 0 or more) with the earliest deadline";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

  // Returns V, rounded down.
  int64_t AverageVruntime() const;
  // Returns whether a queued task is eligible.
  bool IsEligible(const Task& task) const;

  // Returns whether a task is on the CPU, or in the queue and not asleep there.
  static bool IsRunnable(const Entity& entity) {
    const Task& task = entity.Data<Task>();
    return task.queued && !task.sched_delayed;
  }

 private:
  struct ByDeadline {
    static TreapLinks& Links(Entity& entity) {
      return entity.Data<Task>().links;
    }
    static bool Before(const Entity& a, const Entity& b) {
      return a.Data<Task>().deadline < b.Data<Task>().deadline;
    }
    static bool Update(Entity& entity, const Entity* left, const Entity* right);
  };
  using Tree = Treap<ByDeadline>;

  int64_t SliceNs(const Entity& entity) const;
  int64_t VirtualSlice(const Entity& entity) const;
  bool IsEligibleAt(int64_t vruntime) const;

  void AddToAverage(const Task& task);
  void RemoveFromAverage(const Task& task);
  void Advance(Task& task, int64_t delta);
  void MoveZero();
  void UpdateCurrent();
  void SaveLag(Entity& entity);
  void Place(Entity& entity);
  void Leave(Entity& entity);
  void Requeue(Entity& entity);
  Entity* Search() const;
  Entity* Best() const;

  const Options options_;

  // All queued tasks except the current one.
  Tree tree_;
  Entity* current_ = nullptr;
  // Whether only a task with a shorter slice may replace the current one, and
  // whether a decision is due.
  bool protected_ = false;
  bool need_resched_ = false;
  int64_t exec_start_ns_ = 0;

  // For the queued tasks: their number, their total weight, and the sum of
  // weight * (v - zero_vruntime_). The zero point follows V, so that the sum
  // stays small.
  int64_t queued_ = 0;
  int64_t load_ = 0;
  int64_t sum_ = 0;
  int64_t zero_vruntime_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_EEVDF_H_
