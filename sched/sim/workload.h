// A workload: tasks and what each of them does, as rt-app describes them.
//
// Plain data, the same for the simulator and for a live run. rt_app_parser.h
// reads it from a file; cursor.h walks through a task's events.
#ifndef JIFFY_SCHED_SIM_WORKLOAD_H_
#define JIFFY_SCHED_SIM_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sched/entity.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {

// All times are in microseconds.
inline constexpr int64_t kMaxTimeUs = 1'000'000'000'000;  // 11.5 days
inline constexpr int64_t kForever = -1;
inline constexpr int kMaxThreads = 65'536;
inline constexpr int kMaxCpus = 1'024;

enum class EventKind : uint8_t {
  kRun,        // Uses `us` of CPU time.
  kSleep,      // Sleeps `us`, counted from here.
  kTimer,      // Sleeps until timer `object` is next due; its period is `us`.
  kLock,       // Takes mutex `object`.
  kUnlock,     // Gives mutex `object` back.
  kWait,       // Waits for condition `object`, without `mutex` meanwhile.
  kSignal,     // Wakes the first waiter of condition `object`.
  kBroadcast,  // Wakes all of them.
  kSync,       // kSignal, then kWait.
  kSuspend,    // Waits at suspension point `object`.
  kResume,     // Wakes all who wait at suspension point `object`.
  kYield,      // Stays runnable and lets the policy choose.
  kBarrier,    // Waits until all users of barrier `object` have come.
  kFork,       // Creates a thread of task `object`.
  kSemWait,    // Takes one from semaphore `object`, or waits for one.
  kSemPost,    // Gives one to semaphore `object`, which begins with none.
};

struct Event {
  EventKind kind;
  // Of kTimer: whether `object` counts the task's own timers ("unique").
  bool own_timer = false;
  // Index into the list that belongs to the kind, and of the mutex.
  int32_t object = -1;
  int32_t mutex = -1;
  // Where in the source the event stands.
  uint32_t offset = 0;
  int64_t us = 0;
};

// A task's scheduling policy, as the kernel has it: SCHED_OTHER and its like.
enum class TaskPolicy : uint8_t {
  kOther,
  kBatch,
  kIdle,
  kRoundRobin,
  kFifo,
  kDeadline,
};

struct SchedParams {
  TaskPolicy policy = TaskPolicy::kOther;
  // Of kOther, kBatch and kIdle: nice, -20 to 19. Of kRoundRobin and kFifo: 1
  // to 99.
  int priority = 0;
  // Of kDeadline; the runtime of a kOther or kBatch task is its time
  // slice. 0: not set.
  int64_t runtime_us = 0;
  int64_t period_us = 0;
  int64_t deadline_us = 0;
};

// Returns its name: "SCHED_OTHER".
const char* NameOf(TaskPolicy policy);

// Returns what the policies are told.
TaskParams ToTaskParams(const SchedParams& params);

struct Phase {
  int64_t loop = 1;
  // What changes when the phase begins.
  std::optional<SchedParams> sched;
  // The CPUs on which the task may run in this phase; empty: the task's.
  std::vector<int> cpus;
  std::vector<Event> events;
};

struct Timer {
  std::string name;
  // Whether it keeps its grid when it is late, rather than restart from then.
  bool absolute = false;
};

// A kind of thread; `instances` of it are created at the start.
struct TaskSpec {
  std::string name;
  uint32_t offset = 0;
  int instances = 1;
  int64_t delay_us = 0;
  int64_t loop = kForever;
  SchedParams sched;
  // Empty: all.
  std::vector<int> cpus;
  // Those that each of its threads has for itself ("unique").
  std::vector<Timer> own_timers;
  // None of them is empty, and none loops zero times. A task without phases
  // exits at once.
  std::vector<Phase> phases;

  // Returns whether a thread of this kind never comes to its end by itself.
  bool LoopsForever() const;
};

struct Barrier {
  std::string name;
  // How many have to come until all go on.
  int users = 0;
};

struct Workload {
  std::shared_ptr<const Source> source;
  // kForever: until all tasks have ended.
  int64_t duration_us = kForever;
  std::vector<TaskSpec> tasks;
  // Whether who holds a mutex has the priority of those who wait for it, if it
  // is higher than its own.
  bool priority_inheritance = false;
  // What the events refer to.
  std::vector<std::string> mutexes;
  std::vector<std::string> conditions;
  std::vector<std::string> suspensions;
  std::vector<Timer> timers;
  std::vector<Barrier> barriers;
  std::vector<std::string> semaphores;
  // What was ignored, and where: one line each, "file:line:column: ...".
  std::vector<std::string> notes;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_WORKLOAD_H_
