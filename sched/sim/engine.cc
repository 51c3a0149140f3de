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
#include "sched/sim/rules.h"
#include "sched/sim/simulation.h"

namespace jiffy::sched::sim {
Simulation::Simulation(const Workload& workload, const SimOptions& options,
                       const std::vector<TraceSink*>& sinks)
    : workload_(workload),
      options_(options),
      sync_(
          workload,
          {.wake = [this](Waiter& waiter) { Wake(static_cast<Task&>(waiter)); },
           .outranks =
               [this](const TaskParams& a, const TaskParams& b) {
                 return cpus_[0]->scheduler().Outranks(a, b);
               },
           .apply =
               [this](Waiter& waiter, const TaskParams& params) {
                 ApplyParams(static_cast<Task&>(waiter), params);
               }}) {
  machine_.sinks = sinks;
  machine_.SeeWhetherToExplain();
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
  NoteMissingClasses(workload_, *policies[0], result_.notes);
  machine_.tick_us = TickUs(workload_, options_, *policies[0]);
  if (machine_.tick_us < 1 || machine_.tick_us > kMaxTimeUs) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tick_us = ", machine_.tick_us, ": must be from 1 to ", kMaxTimeUs));
  }
  for (int number = 0; number < options_.cpus; ++number) {
    cpus_.push_back(std::make_unique<Cpu>(
        machine_, number, std::move(policies[static_cast<size_t>(number)])));
  }
  leaving_.assign(cpus_.size(), nullptr);
  end_ = EndOf(workload_, options_.duration_us);
  machine_.Tell([&](TraceSink& sink) {
    sink.OnStart({.policy = options_.policy,
                  .cpus = options_.cpus,
                  .tick_us = machine_.tick_us});
  });
  for (size_t i = 0; i < workload_.tasks.size(); ++i) {
    for (int n = 0; n < workload_.tasks[i].instances; ++n) {
      absl::Status status = Create(workload_.tasks[i], -1);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Simulation::Run() {
  absl::Status status = SetUp();
  // Instant 0: no task has the CPU yet, so there is only step 4.
  if (status.ok() && end_.us > 0) status = DecideAll();
  while (status.ok() && end_.us > 0 && live_ > 0) {
    const int64_t next_us = NextEventUs();
    if (next_us == Cpu::kNever) {
      NoteDeadlock();
      break;
    }
    if (next_us >= end_.us) {
      machine_.now_us = end_.us;
      if (end_.endless_task != nullptr) {
        result_.notes.push_back(EndlessNote(*end_.endless_task));
      }
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
    // The policy may have ended this sleep already.
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

void Simulation::NoteDeadlock() {
  std::vector<const Waiter*> blocked;
  for (const Task& task : machine_.tasks) {
    if (task.state == TaskState::kBlocked) blocked.push_back(&task);
  }
  AppendDeadlock(machine_.now_us, blocked, sync_, result_.notes);
}

absl::StatusOr<SimResult> Simulate(const Workload& workload,
                                   const SimOptions& options,
                                   const std::vector<TraceSink*>& sinks) {
  Simulation simulation(workload, options, sinks);
  if (absl::Status status = simulation.Run(); !status.ok()) return status;
  return simulation.TakeResult();
}

}  // namespace jiffy::sched::sim
