#include "tools/lab/live/live_run.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "sched/sim/source.h"
#include "tools/lab/live/event_ring.h"
#include "tools/lab/live/live_threads.h"
#include "tools/lab/live/trace_pump.h"
#include "tools/lab/live/watched_policy.h"

namespace jiffy::lab {

using sched::sim::Event;
using sched::sim::EventKind;
using sched::sim::Phase;
using sched::sim::RunEnd;
using sched::sim::SimOptions;
using sched::sim::SimResult;
using sched::sim::TaskSpec;
using sched::sim::TraceSink;
using sched::sim::Workload;

namespace {

// Returns how many threads a run can come to.
size_t MostThreads(const Workload& workload) {
  std::vector<bool> forked(workload.tasks.size());
  size_t threads = 0;
  for (const TaskSpec& task : workload.tasks) {
    threads += static_cast<size_t>(task.instances);
    for (const Phase& phase : task.phases) {
      for (const Event& event : phase.events) {
        if (event.kind == EventKind::kFork) {
          forked[static_cast<size_t>(event.object)] = true;
        }
      }
    }
  }
  return threads + sched::sim::kMaxForks *
                       static_cast<size_t>(
                           std::count(forked.begin(), forked.end(), true));
}

// Notes tasks whose CPUs a machine of one CPU does not have.
void NoteCpus(const Workload& workload, std::vector<std::string>& notes) {
  const auto missing = [](const std::vector<int>& cpus) {
    return !cpus.empty() && cpus.front() > 0;
  };
  for (const TaskSpec& task : workload.tasks) {
    if (missing(task.cpus) ||
        std::any_of(task.phases.begin(), task.phases.end(),
                    [&](const Phase& phase) { return missing(phase.cpus); })) {
      notes.push_back(NoSuchCpus(workload, task));
    }
  }
}

// Notes the share of the threads' CPU time that other programs took.
void NoteStolen(int64_t on_cpu_us, int64_t cpu_us,
                std::vector<std::string>& notes) {
  constexpr double kWorthNoting = 0.02;
  const int64_t stolen_us = on_cpu_us - cpu_us;
  const double part =
      static_cast<double>(stolen_us) / static_cast<double>(on_cpu_us);
  if (on_cpu_us == 0 || part < kWorthNoting) return;
  notes.push_back(absl::StrFormat(
      "other programs had the CPU for %.1f%% of the time in which it was the "
      "tasks' (%.3f ms)",
      100 * part, static_cast<double>(stolen_us) / 1000));
}

absl::Status PolicyError(const WatchedPolicy& watch, const std::string& what) {
  return absl::InternalError(
      absl::StrCat("scheduler ", sched::sim::Quoted(std::string(watch.name())),
                   " ", what, " (at ", watch.end_ns() / 1000, " us)"));
}

}  // namespace

absl::StatusOr<SimResult> RunLive(const Workload& workload,
                                  const SimOptions& options,
                                  const std::vector<TraceSink*>& sinks) {
  if (options.cpus != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("cpus = ", options.cpus, ": a live run has one CPU"));
  }
  const auto sample = MakePolicy(options.policy, options.config);
  if (!sample.ok()) return sample.status();
  const int64_t tick_us = TickUs(workload, options, **sample);
  const RunEnd end = EndOf(workload, options.duration_us);

  SimResult result;
  EventRing ring;
  WatchedPolicy* watch = nullptr;
  absl::StatusOr<Runtime> runtime = Runtime::Create({
      .scheduler = options.policy,
      .policy = [&](const sched::PolicyConfig&)
          -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
        auto policy = MakePolicy(options.policy, options.config);
        if (!policy.ok()) return policy.status();
        auto watched = std::make_unique<WatchedPolicy>(*std::move(policy), ring,
                                                       MostThreads(workload));
        watch = watched.get();
        return watched;
      },
      .time_slice = absl::Nanoseconds(options.config.slice_ns),
      .tick = absl::Microseconds(tick_us),
  });
  if (!runtime.ok()) return runtime.status();
  NoteCpus(workload, result.notes);
  NoteMissingClasses(workload, **sample, result.notes);

  TracePump pump(workload, ring, sinks, end.us);
  pump.Start({.policy = options.policy, .cpus = 1, .tick_us = tick_us});
  absl::Status status;
  std::unique_ptr<LiveThreads> threads;
  const absl::Status run = runtime->Run([&] {
    threads = std::make_unique<LiveThreads>(workload, *watch);
    status = threads->CreateAll();
    if (status.ok()) status = threads->Release(options.policy);
    if (status.ok() && end.us > 0) {
      threads->Wait(end.us);
      if (watch->outcome() == WatchedPolicy::Outcome::kDeadlock) {
        threads->AppendDeadlock(result.notes);
      }
    }
    threads->Stop();
  });
  pump.Finish();
  if (!run.ok()) return run;
  if (status.ok()) status = threads->failure();
  if (!status.ok()) return status;
  if (ring.overrun()) {
    return absl::ResourceExhaustedError(
        "more happened than could be written down: let bursts take longer, or "
        "write fewer files");
  }
  switch (watch->outcome()) {
    case WatchedPolicy::Outcome::kChoseNobody:
      return PolicyError(*watch,
                         "chose nobody, though tasks of its are runnable");
    case WatchedPolicy::Outcome::kChoseWrong:
      return PolicyError(
          *watch,
          absl::StrCat("chose task ",
                       sched::sim::Quoted(pump.NameOf(watch->culprit())),
                       ", which is not runnable"));
    default:
      break;
  }
  result.end_us = std::min(end.us, watch->end_ns() / 1000);
  result.decisions = watch->decisions();
  if (watch->outcome() == WatchedPolicy::Outcome::kRunning &&
      end.endless_task != nullptr) {
    result.notes.push_back(EndlessNote(*end.endless_task));
  }
  NoteStolen(pump.on_cpu_us(), watch->busy_ns() / 1000, result.notes);
  pump.End(result.end_us);
  return result;
}

}  // namespace jiffy::lab
