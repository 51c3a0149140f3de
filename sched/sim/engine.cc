#include "sched/sim/engine.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sched/sim/cpu.h"
#include "sched/sim/simulation.h"

namespace jiffy::sched::sim {
namespace {

// No sum of times comes near the end of 64 bits, in nanoseconds either.
constexpr int64_t kMaxRunUs = 1'000'000'000'000'000;

// Returns the tick for policies that have none of their own: the time slice,
// or the shortest that a task asks for.
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

Simulation::Simulation(const Workload& workload, const SimOptions& options,
                       const std::vector<TraceSink*>& sinks)
    : workload_(workload),
      options_(options),
      sync_(workload, [this](Task& task) { Wake(task); }) {
  machine_.sinks = sinks;
  machine_.explains =
      std::any_of(sinks.begin(), sinks.end(),
                  [](const TraceSink* sink) { return sink->WantsDecisions(); });
  timers_.assign(workload.timers.size(), -1);
  forks_.assign(workload.tasks.size(), 0);
}

absl::Status Simulation::SetUp() {
  if (options_.cpus < 1 || options_.cpus > kMaxCpus) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cpus = ", options_.cpus, ": must be from 1 to ", kMaxCpus));
  }
  std::vector<std::unique_ptr<Scheduler>> policies;
  for (int number = 0; number < options_.cpus; ++number) {
    PolicyConfig config = options_.config;
    config.cpus = options_.cpus;
    config.seed += static_cast<uint64_t>(number);
    auto policy = MakePolicy(options_.policy, config);
    if (!policy.ok()) return policy.status();
    policies.push_back(*std::move(policy));
  }
  machine_.tick_us = options_.tick_us.has_value() ? *options_.tick_us
                     : policies[0]->PreferredTickNs() > 0
                         ? policies[0]->PreferredTickNs() / 1000
                         : ShortestSliceUs(workload_, options_.config.slice_ns);
  if (machine_.tick_us < 1 || machine_.tick_us > kMaxTimeUs) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tick_us = ", machine_.tick_us, ": must be from 1 to ", kMaxTimeUs));
  }
  for (int number = 0; number < options_.cpus; ++number) {
    cpus_.push_back(std::make_unique<Cpu>(
        machine_, number, std::move(policies[static_cast<size_t>(number)])));
  }
  leaving_.assign(cpus_.size(), nullptr);
  SetEnd();
  machine_.Tell([&](TraceSink& sink) {
    sink.OnStart({.policy = options_.policy,
                  .cpus = options_.cpus,
                  .tick_us = machine_.tick_us});
  });
  for (size_t i = 0; i < workload_.tasks.size(); ++i) {
    for (int n = 0; n < workload_.tasks[i].instances; ++n) {
      absl::Status status = Create(workload_.tasks[i], "");
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

void Simulation::SetEnd() {
  const int64_t duration_us =
      options_.duration_us.value_or(workload_.duration_us);
  if (duration_us != kForever) {
    end_us_ = duration_us;
    return;
  }
  end_us_ = kMaxRunUs;
  for (const TaskSpec& task : workload_.tasks) {
    if (!task.LoopsForever()) continue;
    end_us_ = kEndlessRunUs;
    endless_task_ = &task;
    return;
  }
}

absl::Status Simulation::Run() {
  absl::Status status = SetUp();
  // The instant 0: nobody has the CPU yet, so there is only step 4.
  if (status.ok() && end_us_ > 0) status = DecideAll();
  while (status.ok() && end_us_ > 0 && live_ > 0) {
    const int64_t next_us = NextEventUs();
    if (next_us == Cpu::kNever) {
      NoteDeadlock();
      break;
    }
    if (next_us >= end_us_) {
      machine_.now_us = end_us_;
      NoteEnd();
      break;
    }
    machine_.now_us = next_us;
    status = DoInstant();
  }
  if (!status.ok()) return status;
  machine_.Tell([&](TraceSink& sink) { sink.OnEnd(machine_.now_us); });
  result_.end_us = machine_.now_us;
  for (const auto& cpu : cpus_) result_.decisions += cpu->decisions();
  return absl::OkStatus();
}

absl::Status Simulation::DoInstant() {
  events_now_ = 0;
  for (const auto& cpu : cpus_) cpu->Tick();
  for (const auto& cpu : cpus_) {
    if (!cpu->EndBurst()) continue;
    if (absl::Status status = Advance(*cpu); !status.ok()) return status;
  }
  ExpireSleeps();
  return DecideAll();
}

int64_t Simulation::NextEventUs() const {
  int64_t next_us = wakeups_.due_us();
  for (const auto& cpu : cpus_) {
    next_us = std::min(next_us, cpu->NextEventUs());
  }
  return next_us;
}

void Simulation::ExpireSleeps() {
  while (wakeups_.due_us() == machine_.now_us) {
    const WakeupQueue::Wakeup wakeup = wakeups_.top();
    wakeups_.Pop();
    Task& task = *wakeup.task;
    // The policy may have ended this sleep before.
    if (task.state == TaskState::kBlocked &&
        task.wait_kind == WaitKind::kSleep && task.wake_us == machine_.now_us) {
      cpus_[static_cast<size_t>(task.cpu)]->Wake(task);
    }
  }
}

absl::Status Simulation::DecideAll() {
  for (bool decided = true; decided;) {
    decided = false;
    for (const auto& cpu : cpus_) {
      if (!cpu->decision_due()) continue;
      decided = true;
      absl::Status status = cpu->Decide();
      Task* const left =
          std::exchange(leaving_[static_cast<size_t>(cpu->number())], nullptr);
      if (status.ok() && left != nullptr) status = Land(*left);
      if (status.ok() && cpu->current() != nullptr && !cpu->in_burst()) {
        status = Advance(*cpu);
      }
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

void Simulation::NoteEnd() {
  if (endless_task_ != nullptr) {
    result_.notes.push_back(
        absl::StrCat("stopped after ", end_us_ / 1'000'000,
                     " s: no \"duration\" ends the run, and task ",
                     Quoted(endless_task_->name), " loops for ever"));
  }
}

void Simulation::NoteDeadlock() {
  constexpr int kShown = 20;
  result_.notes.push_back(absl::StrCat("deadlock at ", machine_.now_us,
                                       " us: all tasks that are left, ", live_,
                                       ", are blocked for ever"));
  int shown = 0;
  for (const Task& task : machine_.tasks) {
    if (task.state != TaskState::kBlocked) continue;
    if (++shown > kShown) {
      result_.notes.push_back(absl::StrCat("  and ", live_ - kShown, " more"));
      break;
    }
    result_.notes.push_back(absl::StrCat("  ", task.trace.name, " waits for ",
                                         sync_.DescribeWait(task)));
  }
}

absl::StatusOr<SimResult> Simulate(const Workload& workload,
                                   const SimOptions& options,
                                   const std::vector<TraceSink*>& sinks) {
  Simulation simulation(workload, options, sinks);
  if (absl::Status status = simulation.Run(); !status.ok()) return status;
  return simulation.TakeResult();
}

}  // namespace jiffy::sched::sim
