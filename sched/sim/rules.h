// What a simulated and a live run of a workload have in common: what they are
// told and what they return, how long they last, what threads are called, when
// timers are due, and what is said when something goes wrong.
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

// A run that neither a duration nor the end of its tasks would stop ends then.
inline constexpr int64_t kEndlessRunUs = 60'000'000;

// So many events at one instant count as endless: a million, or if the threads
// are many, so many for each.
inline constexpr int64_t kMaxEventsAtOnce = 1'000'000;
inline constexpr int64_t kMaxEventsOfEachAtOnce = 100;

// Forks of one task in a run; rt-app's limit.
inline constexpr int kMaxForks = 1'024;

struct SimOptions {
  // A policy of the registry, and what it is made with. CPU n gets the seed
  // plus n.
  std::string policy = "rr";
  PolicyConfig config = {};
  // 1 to kMaxCpus.
  int cpus = 1;
  // Default: the policy's own, else the shortest time slice.
  std::optional<int64_t> tick_us = std::nullopt;
  // Default: the workload's. kForever: until all tasks have ended.
  std::optional<int64_t> duration_us = std::nullopt;
  // In a simulation, what counts as endless.
  int64_t max_events_at_once = kMaxEventsAtOnce;
};

struct SimResult {
  // Nothing of what happened at this instant, if a duration ended the run, is
  // part of it.
  int64_t end_us = 0;
  // Questions to the policies.
  uint64_t decisions = 0;
  // What the user should know: a deadlock, and who waits for what.
  std::vector<std::string> notes;
};

// When a run is over, if its tasks are not before.
struct RunEnd {
  int64_t us = 0;
  // The task that loops for ever, if that is why, else nullptr.
  const TaskSpec* endless_task = nullptr;
};
RunEnd EndOf(const Workload& workload, std::optional<int64_t> duration_us);

// Returns the tick of a run, in microseconds.
int64_t TickUs(const Workload& workload, const SimOptions& options,
               const Scheduler& policy);

// Returns the name of a thread: "TASK-INDEX", and if it is the n-th fork of its
// task (n = `forked`, from 0; -1: it is none) "TASK-INDEX-NNNN".
std::string ThreadName(const TaskSpec& spec, int index, int forked);

const Timer& TimerOf(const Workload& workload, const TaskSpec& spec,
                     const Event& event);
// Returns when a timer is due next; not later than `now` if it is late. `last`
// is when it was due before, -1 if never; `first_run` when its thread first had
// the CPU. All in one unit.
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
// Adds a note for each task of a class that the policy has not.
void NoteMissingClasses(const Workload& workload, const Scheduler& policy,
                        std::vector<std::string>& notes);
std::string EndlessNote(const TaskSpec& endless_task);
// Says who waits for what, `blocked` being all threads that are left.
void AppendDeadlock(int64_t now_us, const std::vector<const Waiter*>& blocked,
                    const SyncObjects& sync, std::vector<std::string>& notes);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RULES_H_
