#include "sched/mlfq.h"

#include <algorithm>

#include "sched/describe.h"
#include "sched/run_list.h"
#include "sched/time_units.h"

namespace jiffy::sched {
namespace {

using Task = Mlfq::Task;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

}  // namespace

Mlfq::Options Mlfq::DoublingSlices(int levels, int64_t top_slice_ns) {
  // An hour stands for ever; further doubling would overflow.
  constexpr int64_t kLongestNs = 3600 * kNsPerSecond;
  Options options;
  options.levels = levels;
  for (int level = 0; level < levels; ++level) {
    options.slice_ns[level] = top_slice_ns;
    top_slice_ns =
        std::max(top_slice_ns, std::min(2 * top_slice_ns, kLongestNs));
  }
  return options;
}

int64_t Mlfq::PreferredTickNs() const {
  return *std::min_element(options_.slice_ns,
                           options_.slice_ns + options_.levels);
}

const char* Mlfq::Attach(Entity& entity) {
  entity.Init<Task>().boosts = boosts_;
  return nullptr;
}

// Charges the current task for the time since the last call (rule 4).
void Mlfq::Charge() {
  if (current_ == nullptr) return;
  Task& task = TaskOf(*current_);
  const int64_t now = host().Now();
  task.used_ns += now - charged_until_ns_;
  charged_until_ns_ = now;
  if (task.used_ns < options_.slice_ns[task.level]) return;
  task.used_ns = 0;
  task.expired = true;
  task.level = std::min(task.level + 1, options_.levels - 1);
}

// Rule 5, for a task that was not queued at the last boost.
void Mlfq::CatchUp(Task& task) const {
  if (task.boosts == boosts_) return;
  task.boosts = boosts_;
  task.level = 0;
  task.used_ns = 0;
}

// Rule 5, for the other tasks. Tasks of higher levels stay in front.
void Mlfq::BoostIfDue() {
  if (options_.boost_ns == 0) return;
  const int64_t now = host().Now();
  if (now < next_boost_ns_) return;
  next_boost_ns_ +=
      (now - next_boost_ns_) / options_.boost_ns * options_.boost_ns +
      options_.boost_ns;
  ++boosts_;
  if (current_ != nullptr) CatchUp(TaskOf(*current_));
  RunList boosted;
  while (Entity* const entity = queue_.First()) {
    queue_.Remove(*entity, TaskOf(*entity).level);
    CatchUp(TaskOf(*entity));
    boosted.PushBack(*entity);
  }
  while (Entity* const entity = boosted.PopFront()) {
    queue_.PushBack(*entity, 0);
  }
}

void Mlfq::Enqueue(Entity& entity, EnqueueReason reason) {
  Charge();
  BoostIfDue();
  if (&entity == current_) current_ = nullptr;
  Task& task = TaskOf(entity);
  CatchUp(task);
  // A task preempted by a higher level before its slice ended continues first
  // when its level has the CPU again.
  if (reason == EnqueueReason::kPreempted && !task.expired) {
    queue_.PushFront(entity, task.level);
  } else {
    queue_.PushBack(entity, task.level);
  }
  task.expired = false;
}

void Mlfq::Dequeue(Entity& entity, DequeueReason /*reason*/) {
  Charge();
  if (&entity == current_) {
    current_ = nullptr;
  } else {
    queue_.Remove(entity, TaskOf(entity).level);
  }
  TaskOf(entity).expired = false;
}

// Rules 1 and 2.
Entity* Mlfq::PickNext() {
  BoostIfDue();
  Entity* const next = queue_.First();
  if (next == nullptr) return nullptr;
  queue_.Remove(*next, TaskOf(*next).level);
  current_ = next;
  charged_until_ns_ = host().Now();
  return next;
}

bool Mlfq::Tick(Entity& current, int /*ticks*/) {
  Charge();
  BoostIfDue();
  const Task& task = TaskOf(current);
  return task.expired || queue_.FirstLevel() < task.level;
}

void Mlfq::Describe(const Entity& entity, char* buffer, size_t size) const {
  const Task& task = TaskOf(entity);
  Description(buffer, size)
      << "level " << task.level << ", " << task.used_ns / 1000 << " of "
      << options_.slice_ns[task.level] / 1000 << " us used";
}

bool Mlfq::WakeupPreempts(const Entity& current, const Entity& woken) {
  return TaskOf(woken).level < TaskOf(current).level;
}

}  // namespace jiffy::sched
