#include "sched/linux24.h"

#include <algorithm>

#include "sched/describe.h"
#include "sched/linux_params.h"
#include "sched/time_units.h"

namespace jiffy::sched {
namespace {

using Task = Linux24::Task;

constexpr int64_t kRealTimeGoodness = 1000;
constexpr int64_t kYieldedGoodness = -1;
constexpr int64_t kIdleGoodness = -1000;
constexpr int64_t kSameAddressSpace = 1;
constexpr int64_t kProcChangePenalty = 15;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

bool IsRoundRobin(const Task& task) {
  return task.sched_class == SchedClass::kRoundRobin;
}

void TakeClass(Task& task, const TaskParams& params) {
  task.sched_class = RealTimeClassOf(params);
  task.rt_priority = static_cast<int8_t>(RtPriorityOf(params));
}

}  // namespace

// goodness()
int64_t Linux24::Goodness(const Entity& entity) {
  const Task& task = TaskOf(entity);
  if (task.yielded) return kYieldedGoodness;
  if (task.sched_class != SchedClass::kNormal) {
    return kRealTimeGoodness + task.rt_priority;
  }
  if (task.counter == 0) return 0;
  return task.counter + (20 - NiceOf(entity.params)) + kSameAddressSpace +
         kProcChangePenalty;
}

// NICE_TO_TICKS; its TICK_SCALE keeps a slice near 50 ms at any tick length.
int32_t Linux24::SliceTicks(const Entity& entity) const {
  const int64_t hz = kNsPerSecond / host().TickNs();
  const int32_t units = 20 - NiceOf(entity.params);
  const int32_t scaled = hz < 200    ? units >> 2
                         : hz < 400  ? units >> 1
                         : hz < 800  ? units
                         : hz < 1600 ? units << 1
                                     : units << 2;
  return scaled + 1;
}

const char* Linux24::RefuseParams(const TaskParams& params) const {
  return RefuseRtPriority(params);
}

// MAX_COUNTER
int32_t Linux24::MaxCounter() const {
  return static_cast<int32_t>(20 * (kNsPerSecond / host().TickNs()) / 100);
}

const char* Linux24::Attach(Entity& entity) {
  if (const char* const refusal = RefuseParams(entity.params)) return refusal;
  Task& task = entity.Init<Task>();
  TakeClass(task, entity.params);
  task.counter = SliceTicks(entity);
  task.all_next = all_;
  if (all_ != nullptr) TaskOf(*all_).all_prev = &entity;
  all_ = &entity;
  return nullptr;
}

void Linux24::Detach(Entity& entity) {
  Family<Task>::Remove(entity);
  Task& task = TaskOf(entity);
  if (task.all_prev == nullptr) {
    all_ = task.all_next;
  } else {
    TaskOf(*task.all_prev).all_next = task.all_next;
  }
  if (task.all_next != nullptr) {
    TaskOf(*task.all_next).all_prev = task.all_prev;
  }
}

// setscheduler(); a changed nice value takes effect at the next recharge.
void Linux24::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  const Task before = task;
  TakeClass(task, entity.params);
  if (task.sched_class == before.sched_class &&
      task.rt_priority == before.rt_priority) {
    return;
  }
  need_resched_ = current_ != nullptr;
  if (!task.on_queue) return;
  queue_.Remove(entity);
  queue_.PushFront(entity);
}

void Linux24::Enqueue(Entity& entity, EnqueueReason reason) {
  Task& task = TaskOf(entity);
  switch (reason) {
    case EnqueueReason::kNew:
      ShareCounter(entity);
      [[fallthrough]];
    case EnqueueReason::kWoken:
      queue_.PushFront(entity);
      task.on_queue = true;
      ++runnable_;
      break;
    case EnqueueReason::kYielded:
      // A yield without other runnable tasks does nothing.
      if (runnable_ > 1) {
        queue_.Remove(entity);
        queue_.PushBack(entity);
        if (task.sched_class == SchedClass::kNormal) {
          task.yielded = true;
          yielder_ = &entity;
        }
      }
      LeaveCpu(entity);
      break;
    case EnqueueReason::kPreempted:
      LeaveCpu(entity);
      break;
  }
}

// do_fork(): gives the child half of the parent's ticks.
void Linux24::ShareCounter(Entity& child) {
  if (current_ == nullptr) return;
  Family<Task>::Adopt(*current_, child);
  int32_t& counter = TaskOf(*current_).counter;
  TaskOf(child).counter = (counter + 1) / 2;
  counter /= 2;
}

// release_task(): returns unused ticks to the parent.
void Linux24::ReturnCounter(Task& child) {
  if (child.family.parent == nullptr) return;
  int32_t& counter = TaskOf(*child.family.parent).counter;
  counter = std::min(counter + child.counter, MaxCounter());
}

// The part of schedule() for the outgoing task.
void Linux24::LeaveCpu(Entity& entity) {
  if (&entity != current_) return;
  current_ = nullptr;
  Task& task = TaskOf(entity);
  if (IsRoundRobin(task) && task.counter == 0) {
    task.counter = SliceTicks(entity);
    queue_.Remove(entity);
    queue_.PushBack(entity);
  }
}

void Linux24::Dequeue(Entity& entity, DequeueReason reason) {
  LeaveCpu(entity);
  if (&entity == yielder_) yielder_ = nullptr;
  Task& task = TaskOf(entity);
  task.yielded = false;
  task.on_queue = false;
  queue_.Remove(entity);
  --runnable_;
  if (reason == DequeueReason::kExited) ReturnCounter(task);
}

// schedule()
Entity* Linux24::PickNext() {
  Entity* next;
  while (true) {
    next = nullptr;
    int64_t best = kIdleGoodness;
    for (Entity* at = queue_.front(); at != nullptr; at = at->next) {
      const int64_t goodness = Goodness(*at);
      if (goodness > best) {
        best = goodness;
        next = at;
      }
    }
    // Also true if no task is runnable: an idle CPU recharges no task.
    if (best != 0) break;
    Recharge();
  }
  if (yielder_ != nullptr) TaskOf(*yielder_).yielded = false;
  yielder_ = nullptr;
  need_resched_ = false;
  current_ = next;
  return next;
}

void Linux24::Recharge() {
  for (Entity* at = all_; at != nullptr; at = TaskOf(*at).all_next) {
    Task& task = TaskOf(*at);
    task.counter = task.counter / 2 + SliceTicks(*at);
  }
}

// update_process_times()
bool Linux24::Tick(Entity& current, int ticks) {
  Task& task = TaskOf(current);
  task.counter -= ticks;
  if (task.counter > 0) return need_resched_;
  task.counter = 0;
  return need_resched_ || task.sched_class != SchedClass::kFifo;
}

void Linux24::TickAway(Entity& away, int ticks) {
  int32_t& counter = TaskOf(away).counter;
  counter = std::max(counter - ticks, 0);
}

void Linux24::Describe(const Entity& entity, char* buffer, size_t size) const {
  Description(buffer, size) << "goodness " << Goodness(entity) << ", counter "
                            << TaskOf(entity).counter;
}

// reschedule_idle()
bool Linux24::WakeupPreempts(const Entity& current, const Entity& woken) {
  return need_resched_ || Goodness(woken) > Goodness(current);
}

}  // namespace jiffy::sched
