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
// Each wake-up of a task that declares a deadline begins a job, which is to end
// within that time. The runnable task with the earliest absolute deadline runs;
// an earlier one preempts it; of equals the one that was there first. Tasks
// that declare none run in the background, first come, first served.
//
// Admission: a task that declares a period and a runtime is refused if the sum
// of runtime / period would exceed 1. Where all tasks do, none has a deadline
// shorter than its period, and nobody runs longer than declared, every deadline
// is met.
//
// Starves: the background, while jobs take the whole CPU.
//
// TaskParams: `deadline_ns`, `period_ns`, `runtime_ns`.
//
// Deviates:
// - The period is for the admission test only: a job begins when its task wakes
//   up. A task that does not sleep between two jobs, because it is late, goes
//   on under the old deadline, and so before the others.
// - Nobody is held back who runs longer than declared.
// - Deadlines shorter than periods are allowed; the test is then necessary but
//   not sufficient.
// - A change of parameters is not refused; it acts from the next wake-up.
class Edf final : public Scheduler {
 public:
  static constexpr std::string_view kName = "edf";

  // The policy's data about a task.
  struct Task {
    TreapLinks links;
    int64_t deadline;     // Absolute; kNoDeadline: in the background.
    uint64_t turn;        // Among equal deadlines.
    int64_t utilization;  // Runtime / period, in units of kUnit.
    bool away;            // The host runs it before its turn.
  };
  static constexpr int64_t kNoDeadline = INT64_MAX;
  // The whole CPU.
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

  // The runnable ones but the current: those with a deadline, and the others.
  Treap<ByDeadlineAndTurn> tree_;
  RunList background_;
  Entity* current_ = nullptr;
  uint64_t last_turn_ = 0;
  // Of all attached ones.
  int64_t utilization_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_EDF_H_
