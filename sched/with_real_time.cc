#include "sched/with_real_time.h"

#include <algorithm>

#include "sched/describe.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kTurnNs = 100'000'000;  // RR_TIMESLICE

uint8_t LevelOf(const TaskParams& params) {
  return static_cast<uint8_t>(kMaxRtPriority - RtPriorityOf(params));
}

}  // namespace

template <typename Fair>
int32_t WithRealTime<Fair>::TurnTicks() const {
  return static_cast<int32_t>(
      std::max<int64_t>(kTurnNs / this->host().TickNs(), 1));
}

// Initializes the data of a task that enters a real-time class.
template <typename Fair>
void WithRealTime<Fair>::Join(Entity& entity) {
  ClassData& data = entity.Init<ClassData>();
  data.real_time = true;
  data.level = LevelOf(entity.params);
  data.round_robin = entity.params.sched_class == SchedClass::kRoundRobin;
  data.ticks_left = TurnTicks();
}

template <typename Fair>
void WithRealTime<Fair>::Push(Entity& entity) {
  ClassData& data = ClassDataOf(entity);
  queue_.PushBack(entity, data.level);
  data.queued = true;
}

template <typename Fair>
void WithRealTime<Fair>::Remove(Entity& entity) {
  ClassData& data = ClassDataOf(entity);
  queue_.Remove(entity, data.level);
  data.queued = false;
}

template <typename Fair>
const char* WithRealTime<Fair>::Attach(Entity& entity) {
  if (!IsRealTime(entity.params)) return Fair::Attach(entity);
  if (const char* const refusal = RefuseRtPriority(entity.params)) {
    return refusal;
  }
  Join(entity);
  return nullptr;
}

template <typename Fair>
void WithRealTime<Fair>::Detach(Entity& entity) {
  if (!ClassDataOf(entity).real_time) Fair::Detach(entity);
}

// __sched_setscheduler()
template <typename Fair>
void WithRealTime<Fair>::ParamsChanged(Entity& entity) {
  const bool was_real_time = ClassDataOf(entity).real_time;
  const bool is_real_time = IsRealTime(entity.params);
  if (!was_real_time && !is_real_time) {
    Fair::ParamsChanged(entity);
    return;
  }
  if (was_real_time && is_real_time) {
    ClassData& data = ClassDataOf(entity);
    data.round_robin = entity.params.sched_class == SchedClass::kRoundRobin;
    if (data.level == LevelOf(entity.params)) return;
    const bool queued = data.queued;
    if (queued) Remove(entity);
    data.level = LevelOf(entity.params);
    if (queued) Push(entity);
  } else if (is_real_time) {
    const bool runnable = Fair::IsRunnable(entity);
    if (&entity == landing_) landing_ = nullptr;
    if (runnable) Fair::Dequeue(entity, DequeueReason::kMigrated);
    Fair::Detach(entity);
    Join(entity);
    if (runnable) Push(entity);
  } else {
    const bool runnable = ClassDataOf(entity).queued;
    if (runnable) Remove(entity);
    Fair::Attach(entity);
    if (runnable) Fair::Enqueue(entity, EnqueueReason::kNew);
    if (&entity == current_) landing_ = &entity;
  }
  need_resched_ = current_ != nullptr;
}

template <typename Fair>
void WithRealTime<Fair>::Enqueue(Entity& entity, EnqueueReason reason) {
  const bool leaves_cpu =
      reason == EnqueueReason::kYielded || reason == EnqueueReason::kPreempted;
  if (leaves_cpu) current_ = nullptr;
  if (leaves_cpu && &entity == landing_) {
    landing_ = nullptr;
    return;
  }
  if (!ClassDataOf(entity).real_time) {
    Fair::Enqueue(entity, reason);
    return;
  }
  // yield_task_rt()
  if (reason == EnqueueReason::kYielded) Remove(entity);
  if (reason != EnqueueReason::kPreempted) Push(entity);
}

template <typename Fair>
void WithRealTime<Fair>::Dequeue(Entity& entity, DequeueReason reason) {
  if (&entity == current_) current_ = nullptr;
  if (&entity == landing_) landing_ = nullptr;
  if (ClassDataOf(entity).real_time) {
    Remove(entity);
  } else {
    Fair::Dequeue(entity, reason);
  }
}

template <typename Fair>
Entity* WithRealTime<Fair>::PickNext() {
  need_resched_ = false;
  current_ = queue_.First();
  if (current_ == nullptr) current_ = Fair::PickNext();
  return current_;
}

// task_tick_rt()
template <typename Fair>
bool WithRealTime<Fair>::Tick(Entity& current, int ticks) {
  if (&current == landing_) return true;
  ClassData& data = ClassDataOf(current);
  if (!data.real_time) return Fair::Tick(current, ticks) || need_resched_;
  if (!data.round_robin) return need_resched_;
  data.ticks_left -= ticks;
  if (data.ticks_left > 0) return need_resched_;
  data.ticks_left = TurnTicks();
  Remove(current);
  Push(current);
  return true;
}

template <typename Fair>
void WithRealTime<Fair>::TickAway(Entity& away, int ticks) {
  if (!ClassDataOf(away).real_time) Fair::TickAway(away, ticks);
}

// check_preempt_curr()
template <typename Fair>
bool WithRealTime<Fair>::WakeupPreempts(const Entity& current,
                                        const Entity& woken) {
  if (need_resched_) return true;
  const ClassData& on_cpu = ClassDataOf(current);
  const ClassData& come = ClassDataOf(woken);
  if (on_cpu.real_time && come.real_time) return come.level < on_cpu.level;
  if (on_cpu.real_time != come.real_time) return come.real_time;
  return Fair::WakeupPreempts(current, woken);
}

template <typename Fair>
void WithRealTime<Fair>::Describe(const Entity& entity, char* buffer,
                                  size_t size) const {
  const ClassData& data = ClassDataOf(entity);
  if (!data.real_time) {
    Fair::Describe(entity, buffer, size);
    return;
  }
  Description(buffer, size) << (data.round_robin ? "SCHED_RR" : "SCHED_FIFO")
                            << ", priority " << kMaxRtPriority - data.level;
}

template class WithRealTime<Cfs>;
template class WithRealTime<Eevdf>;

}  // namespace jiffy::sched
