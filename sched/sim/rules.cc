#include "sched/sim/rules.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {
namespace {

// Keeps sums of times far from overflow of 64 bits, even in nanoseconds.
constexpr int64_t kMaxRunUs = 1'000'000'000'000'000;

// Returns the tick for policies without their own: the time slice, or the
// shortest slice that a task requests.
int64_t ShortestSliceUs(const Workload& workload, int64_t slice_ns) {
  for (const TaskSpec& task : workload.tasks) {
    const auto shorten = [&](const SchedParams& sched) {
      const int64_t own = ToTaskParams(sched).slice_ns;
      if (own > 0) slice_ns = std::min(slice_ns, own);
    };
    shorten(task.sched);
    for (const Phase& phase : task.phases) {
      if (phase.sched.has_value()) shorten(*phase.sched);
    }
  }
  return std::max<int64_t>(slice_ns / 1000, 1);
}

}  // namespace

RunEnd EndOf(const Workload& workload, std::optional<int64_t> duration_us) {
  const int64_t asked_us = duration_us.value_or(workload.duration_us);
  if (asked_us != kForever) return {.us = asked_us, .endless_task = nullptr};
  for (const TaskSpec& task : workload.tasks) {
    if (task.LoopsForever()) {
      return {.us = kEndlessRunUs, .endless_task = &task};
    }
  }
  return {.us = kMaxRunUs, .endless_task = nullptr};
}

int64_t TickUs(const Workload& workload, const SimOptions& options,
               const Scheduler& policy) {
  if (options.tick_us.has_value()) return *options.tick_us;
  if (policy.PreferredTickNs() > 0) return policy.PreferredTickNs() / 1000;
  return ShortestSliceUs(workload, options.config.slice_ns);
}

std::string ThreadName(const TaskSpec& spec, int index, int forked) {
  std::string name = absl::StrCat(spec.name, "-", index);
  if (forked >= 0) absl::StrAppendFormat(&name, "-%04d", forked);
  return name;
}

const Timer& TimerOf(const Workload& workload, const TaskSpec& spec,
                     const Event& event) {
  const auto number = static_cast<size_t>(event.object);
  return event.own_timer ? spec.own_timers[number] : workload.timers[number];
}

int64_t NextDue(const Timer& timer, int64_t period, int64_t last,
                int64_t first_run, int64_t now) {
  const int64_t due = (last < 0 ? first_run : last) + period;
  return due < now && !timer.absolute ? now : due;
}

absl::Status EventError(const Workload& workload, const Event& event,
                        const std::string& what, int64_t now_us) {
  return workload.source->Error(event.offset,
                                workload.source->StringAt(event.offset),
                                absl::StrCat(what, " (at ", now_us, " us)"));
}

absl::Status RefusedError(const Workload& workload, const TaskSpec& spec,
                          const std::string& thread, const std::string& policy,
                          const std::string& reason) {
  return absl::ResourceExhaustedError(absl::StrCat(
      workload.source->Locate(spec.offset), ": task ", Quoted(thread),
      ": scheduler ", Quoted(policy), " refuses it: ", reason));
}

std::string NotHeld(const Workload& workload, const Event& unlock,
                    const std::string& thread) {
  return absl::StrCat(
      "task ", Quoted(thread), " unlocks mutex ",
      Quoted(workload.mutexes[static_cast<size_t>(unlock.object)]),
      ", which it does not hold");
}

std::string TooManyForks(const TaskSpec& spec) {
  return absl::StrCat("task ", Quoted(spec.name), " is forked more than ",
                      kMaxForks, " times");
}

std::string NoSuchCpus(const Workload& workload, const TaskSpec& spec) {
  return absl::StrCat(
      workload.source->Locate(spec.offset), ": task ", Quoted(spec.name),
      ": the machine has none of its \"cpus\"; it may run on any");
}

void NoteMissingClasses(const Workload& workload, const Scheduler& policy,
                        std::vector<std::string>& notes) {
  for (const TaskSpec& task : workload.tasks) {
    std::vector<TaskPolicy> missing;
    const auto look = [&](const SchedParams& sched) {
      const TaskParams params = ToTaskParams(sched);
      if (policy.HasClass(params.sched_class) ||
          std::find(missing.begin(), missing.end(), sched.policy) !=
              missing.end()) {
        return;
      }
      missing.push_back(sched.policy);
      notes.push_back(absl::StrCat(
          workload.source->Locate(task.offset), ": task ", Quoted(task.name),
          ": scheduler ", Quoted(policy.name()), " has no ",
          NameOf(sched.policy), "; the task is SCHED_OTHER with nice ",
          params.nice, " to it"));
    };
    look(task.sched);
    for (const Phase& phase : task.phases) {
      if (phase.sched.has_value()) look(*phase.sched);
    }
  }
}

std::string EndlessNote(const TaskSpec& endless_task) {
  return absl::StrCat("stopped after ", kEndlessRunUs / 1'000'000,
                      " s: no \"duration\" ends the run, and task ",
                      Quoted(endless_task.name), " loops for ever");
}

void AppendDeadlock(int64_t now_us, const std::vector<const Waiter*>& blocked,
                    const SyncObjects& sync, std::vector<std::string>& notes) {
  constexpr size_t kShown = 20;
  notes.push_back(absl::StrCat("deadlock at ", now_us,
                               " us: all tasks that are left, ", blocked.size(),
                               ", are blocked for ever"));
  for (size_t i = 0; i < blocked.size(); ++i) {
    if (i == kShown) {
      notes.push_back(absl::StrCat("  and ", blocked.size() - kShown, " more"));
      break;
    }
    notes.push_back(absl::StrCat("  ", blocked[i]->trace.name, " waits for ",
                                 sync.DescribeWait(*blocked[i])));
  }
}

}  // namespace jiffy::sched::sim
