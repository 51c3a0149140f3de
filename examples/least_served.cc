// The policy that docs/policies.md develops. This file and //tools/lab:lab_main
// make a laboratory with one more policy.
//
//   bazel run //examples:least_served_lab -- FILE --policy least-served

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sched/describe.h"
#include "sched/registry.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"

namespace {

using jiffy::sched::DequeueReason;
using jiffy::sched::EnqueueReason;
using jiffy::sched::Entity;

// The task that had the least CPU time is next. A turn is a tick.
class LeastServed final : public jiffy::sched::Scheduler {
 public:
  std::string_view name() const override { return "least-served"; }

  // A new task has had nothing, and yet must not have the CPU to itself until
  // it has caught up.
  const char* Attach(Entity& task) override {
    task.Init<Served>().ticks = floor_;
    return nullptr;
  }

  void Enqueue(Entity& task, EnqueueReason reason) override {
    // One that was asleep does not make up for all of it, either.
    int64_t& ticks = task.Data<Served>().ticks;
    if (reason == EnqueueReason::kWoken) {
      ticks = std::max(ticks, floor_ - kCredit);
    }
    queue_.PushBack(task);
  }

  // A task that blocks or exits was on the CPU, and so is not in the queue.
  void Dequeue(Entity& task, DequeueReason reason) override {
    if (reason == DequeueReason::kMigrated) queue_.Remove(task);
  }

  Entity* PickNext() override {
    Entity* least = queue_.front();
    if (least == nullptr) return nullptr;
    for (Entity* task = least->next; task != nullptr; task = task->next) {
      if (Ticks(*task) < Ticks(*least)) least = task;
    }
    queue_.Remove(*least);
    floor_ = std::max(floor_, Ticks(*least));
    return least;
  }

  bool Tick(Entity& current, int ticks) override {
    current.Data<Served>().ticks += ticks;
    return true;
  }

  bool WakeupPreempts(const Entity& current, const Entity& woken) override {
    return Ticks(woken) < Ticks(current);
  }

  std::string_view PickRule() const override {
    return "the fewest ticks; of equals, who waits longest";
  }
  void Describe(const Entity& task, char* buffer, size_t size) const override {
    jiffy::sched::Description(buffer, size) << "ticks " << Ticks(task);
  }

 private:
  // The policy's data for a task, in the task's own 64 bytes.
  struct Served {
    int64_t ticks = 0;
  };

  // How many ticks a sleeper may be ahead: enough to preempt.
  static constexpr int64_t kCredit = 3;

  static int64_t Ticks(const Entity& task) { return task.Data<Served>().ticks; }

  jiffy::sched::RunList queue_;
  // The fewest ticks of a task that was chosen: it only grows.
  int64_t floor_ = 0;
};

[[maybe_unused]] const bool registered =
    jiffy::sched::RegisterPolicy(
        {"least-served", "whoever had the least CPU time, a tick at a time",
         [](const jiffy::sched::PolicyConfig&) {
           return std::make_unique<LeastServed>();
         }})
        .ok();

}  // namespace
