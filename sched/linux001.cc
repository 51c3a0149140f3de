#include "sched/linux001.h"

#include <bit>

#include "sched/describe.h"
#include "sched/time_units.h"

namespace jiffy::sched {
namespace {

using Task = Linux001::Task;

constexpr uint32_t kSigAlrmBit = 1u << (14 - 1);

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

// The rule of sys_nice. 64 bits, so that no increment can overflow.
int64_t Niced(int64_t priority, int64_t increment) {
  return priority - increment > 0 ? priority - increment : priority;
}

void SetPriority(Task& task, const TaskParams& params) {
  task.params_nice = params.nice;
  task.params_priority = Linux001::OwnPriority(params);
  task.priority = task.params_priority != 0
                      ? task.params_priority
                      : Niced(Linux001::kDefaultPriority, params.nice);
}

}  // namespace

const char* Linux001::RefuseParams(const TaskParams& params) const {
  if (OwnPriority(params) < 0) {
    return "a priority of Linux 0.01 is a number of ticks, so it is positive";
  }
  return nullptr;
}

const char* Linux001::Attach(Entity& entity) {
  if (const char* const refusal = RefuseParams(entity.params)) return refusal;
  // find_empty_process(): the lowest free slot except slot 0.
  const int slot = std::countr_one(taken_ | 1);
  if (slot == kSlots) {
    return "all 63 task slots are taken (Linux 0.01 has 64, slot 0 is the idle "
           "task)";
  }
  slots_[slot] = &entity;
  taken_ |= uint64_t{1} << slot;
  Task& task = entity.Init<Task>();
  SetPriority(task, entity.params);
  task.counter = task.priority;
  task.slot = static_cast<uint8_t>(slot);
  // Not runnable before it is queued.
  task.state = kUninterruptible;
  return nullptr;
}

void Linux001::Detach(Entity& entity) {
  const int slot = TaskOf(entity).slot;
  slots_[slot] = nullptr;
  taken_ &= ~(uint64_t{1} << slot);
}

void Linux001::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  const TaskParams& params = entity.params;
  // Another parameter changed: keep the priority that nice() set.
  if (params.nice == task.params_nice &&
      OwnPriority(params) == task.params_priority) {
    return;
  }
  // Too late to refuse as in Attach; 0.01 ignores bad priorities too.
  if (OwnPriority(params) < 0) return;
  SetPriority(task, params);
}

void Linux001::Enqueue(Entity& entity, EnqueueReason /*reason*/) {
  TaskOf(entity).state = kRunning;
}

void Linux001::Dequeue(Entity& entity, DequeueReason reason) {
  Task& task = TaskOf(entity);
  switch (reason) {
    case DequeueReason::kBlocked:
      // A call of linux001_calls.h may have set the sleep state. Otherwise the
      // task waits in the host, and no signal ends that wait.
      if (task.state == kRunning) task.state = kUninterruptible;
      break;
    case DequeueReason::kExited:
      task.state = kZombie;
      break;
    case DequeueReason::kMigrated:
      task.state = kStopped;
      break;
  }
}

// schedule()
Entity* Linux001::PickNext() {
  RaiseAlarms();
  Entity* next;
  while (true) {
    next = nullptr;
    int64_t largest = -1;
    for (int slot = HighestTaken(); slot > 0; --slot) {
      Entity* const entity = slots_[slot];
      if (entity == nullptr) continue;
      const Task& task = TaskOf(*entity);
      if (task.state == kRunning && task.counter > largest) {
        largest = task.counter;
        next = entity;
      }
    }
    // Also true if no task is runnable: an idle CPU recharges no task.
    if (largest != 0) break;
    Recharge();
  }
  if (next != nullptr && !TaskOf(*next).in_call) {
    // The task returns to user mode at once, which delivers its signals. A task
    // in a call keeps them until the call returns.
    TaskOf(*next).signal = 0;
  }
  return next;
}

int Linux001::HighestTaken() const {
  return kSlots - 1 - std::countl_zero(taken_ | 1);
}

void Linux001::RaiseAlarms() {
  const uint64_t jiffies = host().Jiffies();
  for (int slot = HighestTaken(); slot > 0; --slot) {
    Entity* const entity = slots_[slot];
    if (entity == nullptr) continue;
    Task& task = TaskOf(*entity);
    if (task.alarm != 0 && task.alarm < jiffies) {
      task.signal |= kSigAlrmBit;
      task.alarm = 0;
    }
    // Wake calls Enqueue(), which only sets the state, even if the task is just
    // going to sleep.
    if (task.signal != 0 && task.state == kInterruptible) host().Wake(*entity);
  }
}

void Linux001::Recharge() {
  for (int slot = HighestTaken(); slot > 0; --slot) {
    Entity* const entity = slots_[slot];
    if (entity == nullptr) continue;
    Task& task = TaskOf(*entity);
    task.counter = task.counter / 2 + task.priority;
  }
}

// do_timer()
bool Linux001::Tick(Entity& current, int ticks) {
  Task& task = TaskOf(current);
  task.counter -= ticks;
  if (task.counter > 0) return false;
  task.counter = 0;
  return true;
}

void Linux001::TickAway(Entity& away, int ticks) {
  int64_t& counter = TaskOf(away).counter;
  counter = counter > ticks ? counter - ticks : 0;
}

void Linux001::IdleTicks(int64_t ticks) {
  idle_counter_ = idle_counter_ > ticks ? idle_counter_ - ticks : 0;
}

// The idle task of 0.01 calls schedule() all the time, so it notices an alarm
// in the first jiffy after its time.
uint64_t Linux001::NextIdleEvent() const {
  uint64_t earliest = kNever;
  for (const Entity* const entity : slots_) {
    if (entity == nullptr) continue;
    const Task& task = TaskOf(*entity);
    if (task.state != kInterruptible || task.alarm == 0) continue;
    const uint64_t noticed = task.alarm + 1;  // "<", not "<=".
    if (noticed < earliest) earliest = noticed;
  }
  return earliest;
}

void Linux001::Describe(const Entity& entity, char* buffer, size_t size) const {
  const Task& task = TaskOf(entity);
  Description(buffer, size) << "slot " << task.slot << ", counter "
                            << task.counter << ", priority " << task.priority;
}

void Linux001::Nice(Entity& entity, int increment) {
  Task& task = TaskOf(entity);
  task.priority = Niced(task.priority, increment);
}

void Linux001::Alarm(Entity& entity, int seconds) {
  // 100 jiffies per second if the host's tick is that of 0.01.
  const int64_t jiffies = seconds * kNsPerSecond / host().TickNs();
  TaskOf(entity).alarm =
      seconds > 0 ? host().Jiffies() + static_cast<uint64_t>(jiffies) : 0;
}

void Linux001::PrepareToSleep(Entity& entity, State state) {
  Task& task = TaskOf(entity);
  task.state = state;
  task.in_call = true;
}

void Linux001::FinishCall(Entity& entity) {
  Task& task = TaskOf(entity);
  task.in_call = false;
  task.signal = 0;
}

bool Linux001::Holds(const Entity* entity) const {
  for (const Entity* const held : slots_) {
    if (held != nullptr && held == entity) return true;
  }
  return false;
}

void Linux001::WakeSleeper(Entity& entity) {
  const Task& task = TaskOf(entity);
  if (task.in_call && task.state != kRunning) host().Wake(entity);
}

}  // namespace jiffy::sched
