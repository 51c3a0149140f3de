// Earliest deadline first.
#ifndef JIFFY_SCHED_EDF_H_
#define JIFFY_SCHED_EDF_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "sched/treap.h"

namespace jiffy::sched {

// Source: Liu and Layland, "Scheduling Algorithms for Multiprogramming in a
// Hard-Real-Time Environment", JACM 20(1), 1973.
//
// Each wake-up of a task that declares a deadline begins a job, which must end
// within that time. The runnable task with the earliest absolute deadline runs;
// of equals, the one that came first. An earlier deadline preempts. Tasks
// without a deadline run in the background, first come, first served.
//
// Admission: a task that declares a period and a runtime is refused if the sum
// of runtime / period would exceed 1. Every deadline is met if all tasks
// declare both, no deadline is shorter than its period, and no job runs longer
// than declared.
//
// Starves: the background, while jobs take the whole CPU.
//
// TaskParams: `deadline_ns`, `period_ns`, `runtime_ns`.
//
// Deviates:
// - The period is for the admission test only: a job begins when its task wakes
//   up. A late task that does not sleep between two jobs continues under the
//   old deadline, and so runs before the others.
// - Tasks that run longer than declared are not throttled.
// - Deadlines shorter than periods are allowed; the test is then necessary but
//   not sufficient.
// - A change of parameters is not refused; it takes effect at the next wake-up.
class Edf final : public Scheduler {
 public:
  static constexpr std::string_view kName = "edf";

  // The policy's data about a task.
  struct Task {
    TreapLinks links;
    int64_t deadline;     // Absolute; kNoDeadline: a background task.
    uint64_t turn;        // Order among equal deadlines.
    int64_t utilization;  // Runtime / period, in units of kUnit.
    bool away;            // The host runs it before its turn.
  };
  static constexpr int64_t kNoDeadline = INT64_MAX;
  // Utilization of a whole CPU.
  static constexpr int64_t kUnit = int64_t{1} << 40;

  Edf() = default;

  std::string_view name() const override { return kName; }
  bool NeedsClock() const override { return true; }

  const char* RefuseParams(const TaskParams& params) const override;
  bool HasClass(SchedClass sched_class) const override {
    return sched_class == SchedClass::kNormal ||
           sched_class == SchedClass::kDeadline;
  }
  const char* Attach(Entity& entity) override;
  void Detach(Entity& entity) override;
  void ParamsChanged(Entity& entity) override;
  void Enqueue(Entity& entity, EnqueueReason reason) override;
  void Dequeue(Entity& entity, DequeueReason reason) override;
  Entity* PickNext() override;
  bool Tick(Entity& current, int ticks) override;
  bool WakeupPreempts(const Entity& current, const Entity& woken) override;
  std::string_view PickRule() const override {
    return "the earliest deadline; where there is none, who came first";
  }
  void Describe(const Entity& entity, char* buffer, size_t size) const override;

 private:
  struct ByDeadlineAndTurn {
    static TreapLinks& Links(Entity& entity) {
      return entity.Data<Task>().links;
    }
    static bool Before(const Entity& a, const Entity& b) {
      if (Sooner(a, b)) return true;
      if (Sooner(b, a)) return false;
      return a.Data<Task>().turn < b.Data<Task>().turn;
    }
  };

  static bool Sooner(const Entity& a, const Entity& b);

  // The runnable tasks except the current one: those with a deadline, and the
  // others.
  Treap<ByDeadlineAndTurn> tree_;
  RunList background_;
  Entity* current_ = nullptr;
  uint64_t last_turn_ = 0;
  // Of all attached tasks.
  int64_t utilization_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_EDF_H_
