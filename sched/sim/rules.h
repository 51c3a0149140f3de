// Common rules of simulated and live runs of a workload: options and results,
// duration, thread names, timers, error messages.
#ifndef JIFFY_SCHED_SIM_RULES_H_
#define JIFFY_SCHED_SIM_RULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "sched/sim/sync.h"
#include "sched/sim/waiter.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Duration of a run that would otherwise never end.
inline constexpr int64_t kEndlessRunUs = 60'000'000;

// Limits of events at one instant, beyond which they count as endless: in all,
// or, with many threads, per thread.
inline constexpr int64_t kMaxEventsAtOnce = 1'000'000;
inline constexpr int64_t kMaxEventsOfEachAtOnce = 100;

// Forks of one task in a run; rt-app's limit.
inline constexpr int kMaxForks = 1'024;

struct SimOptions {
  // A policy of the registry, and its configuration. CPU n gets the seed plus
  // n.
  std::string policy = "rr";
  PolicyConfig config = {};
  // 1 to kMaxCpus.
  int cpus = 1;
  // Default: the policy's own, else the shortest time slice.
  std::optional<int64_t> tick_us = std::nullopt;
  // Default: the workload's. kForever: until all tasks have ended.
  std::optional<int64_t> duration_us = std::nullopt;
  // In a simulation, more events at one instant count as endless.
  int64_t max_events_at_once = kMaxEventsAtOnce;
};

struct SimResult {
  // If a duration ended the run, no event at this instant is part of it.
  int64_t end_us = 0;
  // Number of decisions of the policies.
  uint64_t decisions = 0;
  // Notes for the user: a deadlock, and which thread waits for what.
  std::vector<std::string> notes;
};

// When a run ends, unless its tasks end earlier.
struct RunEnd {
  int64_t us = 0;
  // The task that loops for ever, if it is the reason for this end; else
  // nullptr.
  const TaskSpec* endless_task = nullptr;
};
RunEnd EndOf(const Workload& workload, std::optional<int64_t> duration_us);

// Returns the tick of a run, in microseconds.
int64_t TickUs(const Workload& workload, const SimOptions& options,
               const Scheduler& policy);

// Returns the name of a thread: "TASK-INDEX"; for fork number `forked` of its
// task (from 0; -1: not forked) "TASK-INDEX-NNNN".
std::string ThreadName(const TaskSpec& spec, int index, int forked);

const Timer& TimerOf(const Workload& workload, const TaskSpec& spec,
                     const Event& event);
// Returns when a timer is due next; not later than `now` if it is late. `last`
// is its previous due time, -1 if none; `first_run` is when its thread first
// had the CPU. All times are in the same unit.
int64_t NextDue(const Timer& timer, int64_t period, int64_t last,
                int64_t first_run, int64_t now);

// Errors and notes.
absl::Status EventError(const Workload& workload, const Event& event,
                        const std::string& what, int64_t now_us);
absl::Status RefusedError(const Workload& workload, const TaskSpec& spec,
                          const std::string& thread, const std::string& policy,
                          const std::string& reason);
std::string NotHeld(const Workload& workload, const Event& unlock,
                    const std::string& thread);
std::string TooManyForks(const TaskSpec& spec);
std::string NoSuchCpus(const Workload& workload, const TaskSpec& spec);
// Adds a note for each task of a class that the policy does not support.
void NoteMissingClasses(const Workload& workload, const Scheduler& policy,
                        std::vector<std::string>& notes);
std::string EndlessNote(const TaskSpec& endless_task);
// Adds notes that say which thread waits for what. `blocked` has all threads
// that have not exited.
void AppendDeadlock(int64_t now_us, const std::vector<const Waiter*>& blocked,
                    const SyncObjects& sync, std::vector<std::string>& notes);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RULES_H_
