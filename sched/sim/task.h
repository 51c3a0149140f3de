// A simulated thread.
#ifndef JIFFY_SCHED_SIM_TASK_H_
#define JIFFY_SCHED_SIM_TASK_H_

#include <cstdint>
#include <vector>

#include "sched/entity.h"
#include "sched/sim/cursor.h"
#include "sched/sim/waiter.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

enum class TaskState : uint8_t {
  kBlocked,    // Waits for something; also before a delayed start.
  kQueued,     // Runnable, in its CPU's policy.
  kRunning,    // On its CPU.
  kMigrating,  // Left its CPU for another one.
  kExited,
};

struct Task : Entity, Waiter {
  explicit Task(const TaskSpec& task_spec) : spec(&task_spec), cursor(*spec) {}

  const TaskSpec* const spec;
  TaskState state = TaskState::kBlocked;
  int cpu = 0;

  // Its program.
  Cursor cursor;
  // An event to do after the move to another CPU.
  const Event* pending = nullptr;
  // The rest of the current burst, while the task is not running; 0: none.
  int64_t burst_us = 0;
  // When it first had the CPU; -1 before. Its timers count from this time.
  int64_t first_run_us = -1;
  // When its own timers were last due; -1: not used yet.
  std::vector<int64_t> own_timers;

  // While it sleeps: the end of the sleep.
  int64_t wake_us = 0;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_TASK_H_
