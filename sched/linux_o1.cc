#include "sched/linux_o1.h"

#include <algorithm>

#include "sched/describe.h"
#include "sched/linux_params.h"

namespace jiffy::sched {
namespace {

using Task = LinuxO1::Task;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kMaxBonus = 10;
constexpr int64_t kMaxSleepAvg = 1000 * kMs;
constexpr int64_t kBonusNs = kMaxSleepAvg / kMaxBonus;
// sleep_avg after a long sleep: the maximum minus a slice of 100 ms.
constexpr int64_t kLongSleepAvg = 900 * kMs;
constexpr int64_t kInteractiveDelta = 2;
constexpr int64_t kChildPenalty = 95;
constexpr int64_t kExitWeight = 3;
constexpr int64_t kStarvationLimitNs = kMaxSleepAvg;
constexpr int kNice0Prio = LinuxO1::kRtLevels + 20;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

bool IsRealTime(const Task& task) { return task.prio < LinuxO1::kRtLevels; }

uint8_t StaticPrio(const TaskParams& params) {
  return static_cast<uint8_t>(kNice0Prio + NiceOf(params));
}

// DELTA: by how much an interactive task's priority is better than its static
// one.
int64_t InteractiveDelta(const Task& task) {
  const int nice = task.static_prio - kNice0Prio;
  return nice * kMaxBonus / 40 + kInteractiveDelta;
}

// INTERACTIVE_SLEEP: a longer sleep counts as a long one.
int64_t InteractiveSleep(const Task& task) {
  return kMaxSleepAvg * (kMaxBonus / 2 + InteractiveDelta(task) + 1) /
             kMaxBonus -
         kMs;
}

// effective_prio()
uint8_t DynamicPrio(const Task& task) {
  if (IsRealTime(task)) return task.prio;
  const int64_t bonus = LinuxO1::Bonus(task) - kMaxBonus / 2;
  return static_cast<uint8_t>(std::clamp<int64_t>(
      task.static_prio - bonus, LinuxO1::kRtLevels, LinuxO1::kLevels - 1));
}

// __setscheduler()
void TakeClass(Task& task, const TaskParams& params) {
  task.sched_class = RealTimeClassOf(params);
  task.prio = IsRealTime(params)
                  ? static_cast<uint8_t>(kMaxRtPriority - RtPriorityOf(params))
                  : task.static_prio;
}

}  // namespace

// CURRENT_BONUS
int64_t LinuxO1::Bonus(const Task& task) { return task.sleep_avg / kBonusNs; }

// TASK_INTERACTIVE
bool LinuxO1::IsInteractive(const Task& task) {
  return task.prio <= task.static_prio - InteractiveDelta(task);
}

// task_timeslice()
int32_t LinuxO1::SliceTicks(const Task& task) const {
  const int64_t level_ms = task.static_prio < kNice0Prio ? 20 : 5;
  const int64_t slice_ns = level_ms * (kLevels - task.static_prio) * kMs;
  return static_cast<int32_t>(std::max<int64_t>(slice_ns / host().TickNs(), 1));
}

// TIMESLICE_GRANULARITY
int32_t LinuxO1::GranularityTicks(const Task& task) const {
  const int64_t base = std::max<int64_t>(10 * kMs / host().TickNs(), 1);
  const int64_t doublings = std::max<int64_t>(kMaxBonus - Bonus(task), 1) - 1;
  return static_cast<int32_t>((base << doublings) * cpus_);
}

// EXPIRED_STARVING
bool LinuxO1::ExpiredStarve(const Task& current) const {
  if (current.static_prio > best_expired_prio_) return true;
  if (expired_since_ == kNever) return false;
  const int64_t limit = kStarvationLimitNs / host().TickNs() * runnable_ + 1;
  return host().Jiffies() - expired_since_ >= static_cast<uint64_t>(limit);
}

const char* LinuxO1::RefuseParams(const TaskParams& params) const {
  return RefuseRtPriority(params);
}

const char* LinuxO1::Attach(Entity& entity) {
  if (const char* const refusal = RefuseParams(entity.params)) return refusal;
  Task& task = entity.Init<Task>();
  task.static_prio = StaticPrio(entity.params);
  TakeClass(task, entity.params);
  task.prio = DynamicPrio(task);
  task.time_slice = SliceTicks(task);
  task.timestamp = host().Now();
  task.array = kNone;
  task.away_from = kNone;
  return nullptr;
}

void LinuxO1::Detach(Entity& entity) { Family<Task>::Remove(entity); }

// set_user_nice() and sched_setscheduler(); after the latter, the bonus applies
// again from the next slice or wake-up.
void LinuxO1::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  Task changed = task;
  changed.static_prio = StaticPrio(entity.params);
  TakeClass(changed, entity.params);
  const bool same_prio = IsRealTime(task)
                             ? task.prio == changed.prio
                             : task.static_prio == changed.static_prio;
  if (same_prio && task.sched_class == changed.sched_class) {
    task.static_prio = changed.static_prio;
    return;
  }
  if (task.sched_class == changed.sched_class && !IsRealTime(changed)) {
    changed.prio = DynamicPrio(changed);
  }

  const uint8_t old_prio = task.prio;
  const int array = task.array;
  if (array != kNone) Unlink(entity);
  task = changed;
  if (array == kNone) return;
  Link(entity, IsRealTime(task) ? active_ : array);
  if (task.prio < old_prio || (task.prio > old_prio && &entity == current_)) {
    need_resched_ = true;
  }
}

// enqueue_task()
void LinuxO1::Link(Entity& entity, int array) {
  Task& task = TaskOf(entity);
  arrays_[array].PushBack(entity, task.prio);
  task.array = array;
}

// dequeue_task()
void LinuxO1::Unlink(Entity& entity) {
  Task& task = TaskOf(entity);
  arrays_[task.array].Remove(entity, task.prio);
  task.array = kNone;
}

void LinuxO1::Relink(Entity& entity, int array) {
  Unlink(entity);
  Link(entity, array);
}

void LinuxO1::Enqueue(Entity& entity, EnqueueReason reason) {
  Task& task = TaskOf(entity);
  switch (reason) {
    case EnqueueReason::kNew:
      task.forked = true;
      Fork(entity);
      Link(entity, active_);
      ++runnable_;
      break;
    case EnqueueReason::kWoken: {  // activate_task()
      const int64_t now = host().Now();
      ++runnable_;
      if (task.away_from != kNone) {
        // The host ran it before its turn; it did not sleep.
        Link(entity, task.away_from);
        task.away_from = kNone;
        task.timestamp = now;
        break;
      }
      EarnSleep(task, now - task.timestamp);
      task.prio = DynamicPrio(task);
      task.activated = true;
      task.timestamp = now;
      Link(entity, active_);
      break;
    }
    case EnqueueReason::kYielded:  // sys_sched_yield()
      Relink(entity, IsRealTime(task) ? active_ : 1 - active_);
      LeaveCpu(entity);
      break;
    case EnqueueReason::kPreempted:
      LeaveCpu(entity);
      break;
  }
}

void LinuxO1::Dequeue(Entity& entity, DequeueReason reason) {
  LeaveCpu(entity);
  if (reason == DequeueReason::kMigrated) {
    TaskOf(entity).away_from = static_cast<int8_t>(TaskOf(entity).array);
  }
  Unlink(entity);
  --runnable_;
  if (reason == DequeueReason::kExited) Exit(TaskOf(entity));
}

// The part of schedule() for the outgoing task.
void LinuxO1::LeaveCpu(Entity& entity) {
  if (&entity != current_) return;
  current_ = nullptr;
  Task& task = TaskOf(entity);
  const int64_t now = host().Now();
  // The higher the bonus, the slower sleep_avg falls.
  const int64_t run_ns = std::min(now - task.timestamp, kMaxSleepAvg) /
                         std::max<int64_t>(Bonus(task), 1);
  task.sleep_avg = std::max<int64_t>(task.sleep_avg - run_ns, 0);
  task.timestamp = now;
}

// recalc_task_prio(), except the priority
void LinuxO1::EarnSleep(Task& task, int64_t slept_ns) {
  slept_ns = std::min(slept_ns, kMaxSleepAvg);
  if (slept_ns <= 0) return;
  if (slept_ns > InteractiveSleep(task)) {
    task.sleep_avg = kLongSleepAvg;
    return;
  }
  // The lower the bonus, the faster sleep_avg rises.
  const int64_t factor = std::max<int64_t>(kMaxBonus - Bonus(task), 1);
  task.sleep_avg = std::min(task.sleep_avg + slept_ns * factor, kMaxSleepAvg);
}

// sched_fork() and wake_up_new_task()
void LinuxO1::Fork(Entity& child_entity) {
  Task& child = TaskOf(child_entity);
  child.timestamp = host().Now();
  if (current_ == nullptr) return;
  Task& parent = TaskOf(*current_);

  Family<Task>::Adopt(*current_, child_entity);

  child.time_slice = (parent.time_slice + 1) / 2;
  child.first_time_slice = true;
  parent.time_slice /= 2;
  if (parent.time_slice == 0) {
    // The child got the parent's last tick, so the parent's slice is over.
    parent.time_slice = 1;
    OneTick(*current_);
  }

  child.sleep_avg = Bonus(parent) * kChildPenalty / 100 * kBonusNs;
  child.prio = DynamicPrio(child);
  parent.sleep_avg = Bonus(parent) * kBonusNs;
}

// sched_exit()
void LinuxO1::Exit(Task& task) {
  if (task.family.parent == nullptr) return;
  Task& parent = TaskOf(*task.family.parent);
  if (task.first_time_slice) {
    parent.time_slice =
        std::min(parent.time_slice + task.time_slice, SliceTicks(task));
  }
  if (task.sleep_avg < parent.sleep_avg) {
    parent.sleep_avg = parent.sleep_avg / (kExitWeight + 1) * kExitWeight +
                       task.sleep_avg / (kExitWeight + 1);
  }
}

// schedule()
Entity* LinuxO1::PickNext() {
  need_resched_ = false;
  if (runnable_ == 0) {
    expired_since_ = kNever;
    return nullptr;
  }
  if (arrays_[active_].empty()) {
    active_ = 1 - active_;
    expired_since_ = kNever;
    best_expired_prio_ = kLevels;
  }
  Entity* const next = arrays_[active_].First();
  Task& task = TaskOf(*next);
  const int64_t now = host().Now();
  if (task.activated && !IsRealTime(task)) {
    Unlink(*next);
    EarnSleep(task, now - task.timestamp);
    task.prio = DynamicPrio(task);
    Link(*next, active_);
  }
  task.activated = false;
  task.forked = false;
  task.timestamp = now;
  current_ = next;
  return next;
}

bool LinuxO1::Tick(Entity& current, int ticks) {
  // Ticks beyond this slice and one whole slice more change nothing.
  const Task& task = TaskOf(current);
  const int most = task.time_slice + SliceTicks(task);
  for (int i = std::min(ticks, most); i > 0; --i) OneTick(current);
  return need_resched_;
}

// scheduler_tick()
void LinuxO1::OneTick(Entity& current) {
  Task& task = TaskOf(current);
  if (task.array != active_) {
    // The slice is already over.
    need_resched_ = true;
    return;
  }
  if (IsRealTime(task)) {
    if (task.sched_class != SchedClass::kRoundRobin) return;
    if (--task.time_slice > 0) return;
    task.time_slice = SliceTicks(task);
    task.first_time_slice = false;
    need_resched_ = true;
    Relink(current, active_);
    return;
  }
  if (--task.time_slice > 0) {
    // Interactive tasks of the same level take turns within their slices.
    const int32_t granularity = GranularityTicks(task);
    if (IsInteractive(task) && task.time_slice >= granularity &&
        (SliceTicks(task) - task.time_slice) % granularity == 0) {
      need_resched_ = true;
      Relink(current, active_);
    }
    return;
  }
  need_resched_ = true;
  Unlink(current);
  task.prio = DynamicPrio(task);
  task.time_slice = SliceTicks(task);
  task.first_time_slice = false;
  if (expired_since_ == kNever) expired_since_ = host().Jiffies();
  if (IsInteractive(task) && !ExpiredStarve(task)) {
    Link(current, active_);
  } else {
    Link(current, 1 - active_);
    best_expired_prio_ = std::min<int>(best_expired_prio_, task.static_prio);
  }
}

void LinuxO1::Describe(const Entity& entity, char* buffer, size_t size) const {
  const Task& task = TaskOf(entity);
  Description text(buffer, size);
  text << "level " << task.prio << " (static " << task.static_prio << ", bonus "
       << Bonus(task) << "), ";
  if (task.array != kNone) {
    text << (task.array == active_ ? "active, " : "expired, ");
  }
  text << task.time_slice << " ticks left";
}

// TASK_PREEMPTS_CURR
bool LinuxO1::WakeupPreempts(const Entity& current, const Entity& woken) {
  if (need_resched_) return true;
  // A new thread waits for its turn.
  if (TaskOf(woken).forked) return false;
  return TaskOf(woken).prio < TaskOf(current).prio;
}

}  // namespace jiffy::sched
