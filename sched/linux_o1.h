// The O(1) scheduler of Linux 2.6, before CFS.
#ifndef JIFFY_SCHED_LINUX_O1_H_
#define JIFFY_SCHED_LINUX_O1_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/family.h"
#include "sched/linux_params.h"
#include "sched/priority_array.h"
#include "sched/scheduler.h"

namespace jiffy::sched {

// Source: Linux 2.6.12, kernel/sched.c. Comments at the functions give the
// names there.
//
// 140 levels, the first 100 real-time. A normal task's static priority is 120 +
// nice; its slice is 20 ms (better than 120) or 5 ms for each level above 140:
// 800, 420, 100, 5 ms for nice -20, -1, 0, 19. Two arrays hold a FIFO list per
// level. The first task of the first level of the active array runs; a task
// that used up its slice goes to the expired array. When the active array is
// empty, the arrays swap.
//
// Sleeping earns sleep_avg, up to 1 s, and running uses it up. Each full tenth
// of a second is a point of bonus, 0 to 10, and the dynamic priority is static
// - (bonus - 5), within 100 to 139. A task is interactive if its dynamic
// priority is better than its static one by at least nice / 4 + 2. An
// interactive task goes back to the active array, unless expired tasks starve:
// the first of them has waited for 1 s times the number of runnable tasks, or
// one has a better static priority. Within its slice an interactive task takes
// turns every 10 ms * 2^(max(10 - bonus, 1) - 1) * CPUs.
//
// A woken task preempts if its dynamic priority is better. A child of the
// running task gets half of its slice and 95 % of its bonus, and returns the
// unused part of its first slice. SCHED_RR: to the tail after every slice.
// SCHED_FIFO: no slice.
//
// Starves: normal tasks, while real-time tasks do not block; likewise real-time
// tasks of lower priority.
//
// TaskParams: `nice`; for real-time tasks `sched_class` and `priority`.
//
// Deviates:
// - Every sleep counts as interruptible, and every wake-up as made by an
//   interrupt, since the host reports neither. So the following wait for the
//   CPU earns in full; in 2.6.12 it earns 30 % if a task made the wake-up.
// - A task that is new to this CPU counts as a child of the running task, if
//   any, but has its own nice value. It is a thread, which does not run before
//   its parent. A task without a parent begins with a whole slice and no bonus.
// - A change of the nice value keeps the bonus, as since 2.6.18. (2.6.12's
//   set_user_nice() brings the priority back to the static one until the next
//   slice or wake-up.)
// - A change of parameters takes effect at the next tick.
class LinuxO1 final : public Scheduler {
 public:
  static constexpr std::string_view kName = "linux-o1";

  static constexpr int kLevels = 140;    // MAX_PRIO
  static constexpr int kRtLevels = 100;  // MAX_RT_PRIO

  // The policy's data about a task: the needed part of its task_struct.
  struct Task {
    int64_t sleep_avg;  // Nanoseconds, up to 1 s.
    // When the task last got the CPU, left the CPU or was woken.
    int64_t timestamp;
    FamilyLinks family;
    int32_t time_slice;  // Ticks left.
    int32_t array;       // Of arrays_; kNone if it is in neither.
    uint8_t prio;        // Dynamic priority: the level it is queued at.
    uint8_t static_prio;
    SchedClass sched_class;
    bool activated;         // Woken, and has not run since.
    bool first_time_slice;  // The rest of the slice belongs to the parent.
    bool forked;            // New, and has not run yet.
    int8_t away_from;       // The array from which the host took it, or kNone.
  };

  // Takes the number of CPUs.
  explicit LinuxO1(int cpus) : cpus_(cpus) {}

  std::string_view name() const override { return kName; }
  // 1000 Hz.
  int64_t PreferredTickNs() const override { return 1'000'000; }
  bool NeedsClock() const override { return true; }

  const char* RefuseParams(const TaskParams& params) const override;
  bool HasClass(SchedClass sched_class) const override {
    return sched_class == SchedClass::kNormal || IsRealTime(sched_class);
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
    return "the first of the best level of the active array, else of the "
           "expired one";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

  // Returns the bonus, 0 to 10, and whether the task counts as interactive.
  static int64_t Bonus(const Task& task);
  static bool IsInteractive(const Task& task);

 private:
  static constexpr int kNone = -1;
  static constexpr uint64_t kNever = ~uint64_t{0};

  int32_t SliceTicks(const Task& task) const;
  int32_t GranularityTicks(const Task& task) const;
  bool ExpiredStarve(const Task& current) const;

  void Link(Entity& entity, int array);
  void Unlink(Entity& entity);
  void Relink(Entity& entity, int array);

  void EarnSleep(Task& task, int64_t slept_ns);
  void LeaveCpu(Entity& entity);
  void OneTick(Entity& current);
  void Fork(Entity& child);
  void Exit(Task& task);

  const int cpus_;
  // The arrays include the current task, like the original.
  PriorityArray<kLevels> arrays_[2];
  int active_ = 0;
  int64_t runnable_ = 0;
  Entity* current_ = nullptr;
  bool need_resched_ = false;
  // Jiffy at which the first task entered the expired array.
  uint64_t expired_since_ = kNever;
  int best_expired_prio_ = kLevels;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LINUX_O1_H_
