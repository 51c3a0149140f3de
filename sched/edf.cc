#include "sched/edf.h"

#include <algorithm>
#include <utility>

#include "sched/describe.h"

namespace jiffy::sched {
namespace {

using Task = Edf::Task;

// 2.4 hours: keeps the division below within 64 bits.
constexpr int64_t kMaxTimeNs = int64_t{1} << 43;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }

// Returns the time within which a job must end; 0 if there is no deadline.
int64_t RelativeDeadline(const TaskParams& params) {
  const int64_t time_ns =
      params.deadline_ns > 0 ? params.deadline_ns : params.period_ns;
  return std::max<int64_t>(time_ns, 0);
}

const char* Refuse(const TaskParams& params) {
  for (const int64_t time_ns :
       {params.deadline_ns, params.period_ns, params.runtime_ns}) {
    if (time_ns < 0) return "a deadline, period or runtime is negative";
    if (time_ns > kMaxTimeNs) {
      return "a deadline, period or runtime is longer than 2.4 hours";
    }
  }
  if (params.runtime_ns == 0) return nullptr;
  if (params.period_ns == 0) return "a runtime is declared, but no period";
  if (params.runtime_ns > params.period_ns) {
    return "the runtime is longer than the period";
  }
  if (params.runtime_ns > RelativeDeadline(params)) {
    return "the runtime is longer than the deadline";
  }
  return nullptr;
}

// Returns runtime / period, rounded down so that three tasks of a third each
// fit.
int64_t Utilization(const TaskParams& params) {
  if (params.runtime_ns <= 0 || params.period_ns <= 0) return 0;
  const int64_t runtime = std::min(params.runtime_ns, kMaxTimeNs);
  const int64_t period = std::min(params.period_ns, kMaxTimeNs);
  // Long division with two digits of 20 bits.
  const int64_t high = (runtime << 20) / period;
  const int64_t rest = (runtime << 20) % period;
  return (high << 20) + (rest << 20) / period;
}

}  // namespace

const char* Edf::RefuseParams(const TaskParams& params) const {
  return Refuse(params);
}

const char* Edf::Attach(Entity& entity) {
  if (const char* const refusal = RefuseParams(entity.params)) return refusal;
  const int64_t utilization = Utilization(entity.params);
  if (utilization != 0 && utilization_ + utilization > kUnit) {
    return "the deadlines could not be met: the sum of runtime / period would "
           "exceed 1";
  }
  utilization_ += utilization;
  Task& task = entity.Init<Task>();
  task.utilization = utilization;
  task.deadline = kNoDeadline;
  return nullptr;
}

void Edf::Detach(Entity& entity) { utilization_ -= TaskOf(entity).utilization; }

void Edf::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  utilization_ -= task.utilization;
  task.utilization = Utilization(entity.params);
  utilization_ += task.utilization;
}

void Edf::Enqueue(Entity& entity, EnqueueReason reason) {
  if (&entity == current_) current_ = nullptr;
  Task& task = TaskOf(entity);
  // A job that ran before its turn continues.
  if (std::exchange(task.away, false)) reason = EnqueueReason::kPreempted;
  if (reason == EnqueueReason::kNew || reason == EnqueueReason::kWoken) {
    const int64_t relative = RelativeDeadline(entity.params);
    task.deadline = relative == 0 ? kNoDeadline : host().WallNow() + relative;
  }
  // A preempted task keeps its place among equals.
  if (reason != EnqueueReason::kPreempted) task.turn = ++last_turn_;
  if (task.deadline != kNoDeadline) {
    tree_.Insert(entity);
  } else if (reason == EnqueueReason::kPreempted) {
    background_.PushFront(entity);
  } else {
    background_.PushBack(entity);
  }
}

void Edf::Dequeue(Entity& entity, DequeueReason reason) {
  TaskOf(entity).away = reason == DequeueReason::kMigrated;
  if (&entity == current_) {
    current_ = nullptr;
  } else if (TaskOf(entity).deadline != kNoDeadline) {
    tree_.Remove(entity);
  } else {
    background_.Remove(entity);
  }
}

bool Edf::Sooner(const Entity& a, const Entity& b) {
  return a.Data<Task>().deadline < b.Data<Task>().deadline;
}

Entity* Edf::PickNext() {
  Entity* next = tree_.First();
  if (next != nullptr) {
    tree_.Remove(*next);
  } else {
    next = background_.PopFront();
  }
  current_ = next;
  return next;
}

// Needed if an earlier deadline came without a wake-up, from a new task.
bool Edf::Tick(Entity& current, int /*ticks*/) {
  return !tree_.empty() && Sooner(*tree_.First(), current);
}

void Edf::Describe(const Entity& entity, char* buffer, size_t size) const {
  const int64_t deadline = entity.Data<Task>().deadline;
  Description text(buffer, size);
  if (deadline == kNoDeadline) {
    text << "no deadline";
  } else {
    text << "deadline " << deadline / 1000 << " us";
  }
}

bool Edf::WakeupPreempts(const Entity& current, const Entity& woken) {
  return Sooner(woken, current);
}

}  // namespace jiffy::sched
