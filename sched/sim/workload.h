// A workload: tasks and their actions, as in rt-app.
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
  kUnlock,     // Releases mutex `object`.
  kWait,       // Waits for condition `object`, without `mutex` meanwhile.
  kSignal,     // Wakes the first waiter of condition `object`.
  kBroadcast,  // Wakes all of them.
  kSync,       // kSignal, then kWait.
  kSuspend,    // Waits at suspension point `object`.
  kResume,     // Wakes all waiters at suspension point `object`.
  kYield,      // Stays runnable and lets the policy choose.
  kBarrier,    // Waits until all users of barrier `object` have arrived.
  kFork,       // Creates a thread of task `object`.
  kSemWait,    // Takes one from semaphore `object`, or waits for one.
  kSemPost,    // Gives one to semaphore `object`, which begins with none.
};

struct Event {
  EventKind kind;
  // For kTimer: whether `object` is an index into the task's own timers
  // ("unique").
  bool own_timer = false;
  // Index into the list of the event's kind, and index of the mutex.
  int32_t object = -1;
  int32_t mutex = -1;
  // Position of the event in the source.
  uint32_t offset = 0;
  int64_t us = 0;
};

// A task's scheduling policy, as in the kernel: SCHED_OTHER and so on.
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
  // For kOther, kBatch and kIdle: nice, -20 to 19. For kRoundRobin and kFifo: 1
  // to 99.
  int priority = 0;
  // For kDeadline. For kOther and kBatch, the runtime is the time slice. 0: not
  // set.
  int64_t runtime_us = 0;
  int64_t period_us = 0;
  int64_t deadline_us = 0;
};

// Returns the policy's name: "SCHED_OTHER".
const char* NameOf(TaskPolicy policy);

// Returns the parameters for the policies.
TaskParams ToTaskParams(const SchedParams& params);

struct Phase {
  int64_t loop = 1;
  // New parameters when the phase begins.
  std::optional<SchedParams> sched;
  // The CPUs on which the task may run in this phase; empty: those of the task.
  std::vector<int> cpus;
  std::vector<Event> events;
};

struct Timer {
  std::string name;
  // Whether a late timer keeps its grid instead of restarting from the current
  // time.
  bool absolute = false;
};

// A kind of thread. The run starts with `instances` threads of it.
struct TaskSpec {
  std::string name;
  uint32_t offset = 0;
  int instances = 1;
  int64_t delay_us = 0;
  int64_t loop = kForever;
  SchedParams sched;
  // Empty: all CPUs.
  std::vector<int> cpus;
  // Timers that each thread has for itself ("unique").
  std::vector<Timer> own_timers;
  // No phase is empty or loops zero times. A task without phases exits at once.
  std::vector<Phase> phases;

  // Returns whether a thread of this kind never ends by itself.
  bool LoopsForever() const;
};

struct Barrier {
  std::string name;
  // Number of threads that must arrive before all continue.
  int users = 0;
};

struct Workload {
  std::shared_ptr<const Source> source;
  // kForever: until all tasks have ended.
  int64_t duration_us = kForever;
  std::vector<TaskSpec> tasks;
  // Whether the holder of a mutex gets the priority of a waiter, if that is
  // higher than its own.
  bool priority_inheritance = false;
  // Objects that the events refer to.
  std::vector<std::string> mutexes;
  std::vector<std::string> conditions;
  std::vector<std::string> suspensions;
  std::vector<Timer> timers;
  std::vector<Barrier> barriers;
  std::vector<std::string> semaphores;
  // Ignored input: one line each, "file:line:column: ...".
  std::vector<std::string> notes;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_WORKLOAD_H_
