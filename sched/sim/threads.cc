// Executes the events of simulated threads, one by one.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sched/sim/rules.h"
#include "sched/sim/simulation.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {
namespace {

// Converts a number that is not negative to an index.
size_t At(int32_t number) { return static_cast<size_t>(number); }

}  // namespace

absl::Status Simulation::Create(const TaskSpec& spec, int forked) {
  const int slot = TakeSlot();
  const auto index = static_cast<int>(machine_.tasks.size());
  Task& task = machine_.tasks.emplace_back(spec);
  task.id = static_cast<uint64_t>(index) + 1;
  task.params = ToTaskParams(spec.sched);
  task.own_params = task.params;
  task.params_in_force = task.params;
  task.trace = {.index = index,
                .slot = slot,
                .name = ThreadName(spec, index, forked),
                .sched = spec.sched};
  task.own_timers.assign(spec.own_timers.size(), -1);
  // The CPUs of a phase are known, and matter, only when the phase runs.
  task.cpu = HomeCpu(spec, spec.cpus, slot);
  wakeups_.Reserve(machine_.tasks.size());
  ++live_;

  if (absl::Status status = Attach(task); !status.ok()) return status;
  const bool runnable = spec.delay_us == 0;
  machine_.Tell([&](TraceSink& sink) {
    sink.OnCreate(machine_.now_us, task.cpu, task.trace, runnable);
  });
  if (runnable) {
    cpus_[At(task.cpu)]->Enqueue(task, EnqueueReason::kNew);
  } else {
    task.wake_us = machine_.now_us + spec.delay_us;
    wakeups_.Push({task.wake_us, slot, &task});
  }
  return absl::OkStatus();
}

absl::Status Simulation::Attach(Task& task) {
  const char* const refusal = cpus_[At(task.cpu)]->Attach(task);
  if (refusal == nullptr) return absl::OkStatus();
  return RefusedError(workload_, *task.spec, task.trace.name, options_.policy,
                      refusal);
}

absl::Status Simulation::Advance(Cpu& cpu) {
  Task& task = *cpu.current();
  acting_ = &task;
  absl::Status status;
  for (bool goes_on = true; goes_on && status.ok();) {
    const Event* event = std::exchange(task.pending, nullptr);
    if (event == nullptr) {
      event = task.cursor.Next();
      if (event == nullptr) {
        Exit(cpu, task);
        break;
      }
      if (const Phase* const phase = task.cursor.entered()) {
        EnterPhase(*phase, task);
        if (Leave(*phase, cpu, task)) {
          task.pending = event;
          break;
        }
      }
    }
    if (++events_now_ > options_.max_events_at_once &&
        events_now_ > kMaxEventsOfEachAtOnce * live_) {
      return Fail(*event,
                  absl::StrCat("task ", Quoted(task.trace.name),
                               " is in a loop that lets no time pass: ",
                               events_now_, " events happened at one instant"));
    }
    status = Do(*event, cpu, task, goes_on);
  }
  acting_ = nullptr;
  return status;
}

absl::Status Simulation::Do(const Event& event, Cpu& cpu, Task& task,
                            bool& goes_on) {
  switch (event.kind) {
    case EventKind::kRun:
      if (event.us > 0) {
        cpu.StartBurst(event.us);
        goes_on = false;
      }
      return absl::OkStatus();
    case EventKind::kSleep:
      if (event.us > 0) {
        Sleep(cpu, task, machine_.now_us + event.us);
        goes_on = false;
      }
      return absl::OkStatus();
    case EventKind::kTimer:
      if (const int64_t due_us = SetTimer(event, task);
          due_us > machine_.now_us) {
        Sleep(cpu, task, due_us);
        goes_on = false;
      }
      return absl::OkStatus();
    case EventKind::kLock:
      goes_on = sync_.Lock(task, event.object);
      break;
    case EventKind::kUnlock:
      if (!sync_.Unlock(task, event.object)) {
        return Fail(event, NotHeld(workload_, event, task.trace.name));
      }
      return absl::OkStatus();
    case EventKind::kSync:
      sync_.Signal(event.object);
      [[fallthrough]];
    case EventKind::kWait:
      sync_.Wait(task, event.object, event.mutex);
      goes_on = false;
      break;
    case EventKind::kSignal:
      sync_.Signal(event.object);
      return absl::OkStatus();
    case EventKind::kBroadcast:
      sync_.Broadcast(event.object);
      return absl::OkStatus();
    case EventKind::kSuspend:
      sync_.Suspend(task, event.object);
      goes_on = false;
      break;
    case EventKind::kResume:
      sync_.Resume(event.object);
      return absl::OkStatus();
    case EventKind::kYield:
      cpu.Yield();
      goes_on = false;
      return absl::OkStatus();
    case EventKind::kBarrier:
      goes_on = sync_.Arrive(task, event.object);
      break;
    case EventKind::kFork:
      return Fork(event);
    case EventKind::kSemWait:
      goes_on = sync_.SemWait(task, event.object);
      break;
    case EventKind::kSemPost:
      sync_.SemPost(event.object);
      return absl::OkStatus();
  }
  // An event that may block did block.
  if (!goes_on) cpu.Stop(DequeueReason::kBlocked);
  return absl::OkStatus();
}

absl::Status Simulation::Fail(const Event& event,
                              const std::string& what) const {
  return EventError(workload_, event, what, machine_.now_us);
}

void Simulation::ApplyParams(Task& task, const TaskParams& params) {
  task.params = params;
  cpus_[At(task.cpu)]->scheduler().ParamsChanged(task);
}

void Simulation::EnterPhase(const Phase& phase, Task& task) {
  if (!phase.sched.has_value()) return;
  task.trace.sched = *phase.sched;
  sync_.SetParams(task, ToTaskParams(*phase.sched));
}

bool Simulation::Leave(const Phase& phase, Cpu& cpu, Task& task) {
  const std::vector<int>& allowed =
      phase.cpus.empty() ? task.spec->cpus : phase.cpus;
  if (allowed.empty() ||
      std::binary_search(allowed.begin(), allowed.end(), cpu.number())) {
    return false;
  }
  const int home = HomeCpu(*task.spec, allowed, task.trace.slot);
  if (home == cpu.number()) return false;
  cpu.Stop(DequeueReason::kMigrated);
  cpu.Detach(task);
  task.cpu = home;
  leaving_[At(cpu.number())] = &task;
  return true;
}

absl::Status Simulation::Land(Task& task) {
  if (absl::Status status = Attach(task); !status.ok()) return status;
  cpus_[At(task.cpu)]->Enqueue(task, EnqueueReason::kNew);
  return absl::OkStatus();
}

void Simulation::Sleep(Cpu& cpu, Task& task, int64_t until_us) {
  task.wait_kind = WaitKind::kSleep;
  task.wake_us = until_us;
  wakeups_.Push({until_us, task.trace.slot, &task});
  cpu.Stop(DequeueReason::kBlocked);
}

int64_t Simulation::SetTimer(const Event& event, Task& task) {
  int64_t& due_us = event.own_timer ? task.own_timers[At(event.object)]
                                    : timers_[At(event.object)];
  due_us = NextDue(TimerOf(workload_, *task.spec, event), event.us, due_us,
                   task.first_run_us, machine_.now_us);
  return due_us;
}

absl::Status Simulation::Fork(const Event& event) {
  const TaskSpec& spec = workload_.tasks[At(event.object)];
  int& forks = forks_[At(event.object)];
  if (forks == kMaxForks) return Fail(event, TooManyForks(spec));
  return Create(spec, forks++);
}

void Simulation::Exit(Cpu& cpu, Task& task) {
  task.exited = true;
  cpu.Stop(DequeueReason::kExited);
  cpu.Detach(task);
  free_slots_.push(task.trace.slot);
  --live_;
}

void Simulation::Wake(Task& task) {
  cpus_[At(task.cpu)]->Enqueue(task, EnqueueReason::kWoken);
  machine_.Tell([&](TraceSink& sink) {
    sink.OnWakeup(machine_.now_us, task.cpu, task.trace,
                  acting_ == nullptr ? nullptr : &acting_->trace);
  });
}

int Simulation::HomeCpu(const TaskSpec& spec, const std::vector<int>& allowed,
                        int slot) {
  const auto number = static_cast<size_t>(slot - 1);
  if (allowed.empty()) return static_cast<int>(number % cpus_.size());
  // The list is ascending: CPUs that the machine has come first.
  const auto end =
      std::lower_bound(allowed.begin(), allowed.end(), options_.cpus);
  const auto there = static_cast<size_t>(end - allowed.begin());
  if (there > 0) return allowed[number % there];
  const std::string note = NoSuchCpus(workload_, spec);
  if (std::find(result_.notes.begin(), result_.notes.end(), note) ==
      result_.notes.end()) {
    result_.notes.push_back(note);
  }
  return static_cast<int>(number % cpus_.size());
}

int Simulation::TakeSlot() {
  if (free_slots_.empty()) return next_slot_++;
  const int slot = free_slots_.top();
  free_slots_.pop();
  return slot;
}

}  // namespace jiffy::sched::sim
