#include "sched/sim/cpu.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {
namespace {

[[noreturn]] void RefuseCall(const char* call) {
  std::fprintf(stderr, "jiffy: Host::%s: a simulated task makes no calls\n",
               call);
  std::abort();
}

}  // namespace

Cpu::Cpu(Machine& machine, int number, std::unique_ptr<Scheduler> policy)
    : machine_(machine), number_(number), policy_(std::move(policy)) {
  SetTickNs(machine_.tick_us * 1000);
  policy_->BindHost(this);
}

void Cpu::Wake(Entity& entity) {
  Task& task = static_cast<Task&>(entity);
  if (task.state != TaskState::kBlocked || task.wait_kind != WaitKind::kSleep) {
    return;
  }
  Enqueue(task, EnqueueReason::kWoken);
  machine_.Tell([&](TraceSink& sink) {
    sink.OnWakeup(machine_.now_us, number_, task.trace, nullptr);
  });
}

void Cpu::Block() { RefuseCall("Block"); }

void Cpu::Reschedule() { RefuseCall("Reschedule"); }

int64_t Cpu::NextEventUs() const {
  if (current_ == nullptr) return idle_event_us_;
  return std::min(next_tick_us_, burst_end_us_);
}

void Cpu::Tick() {
  if (current_ == nullptr) {
    if (machine_.now_us == idle_event_us_) Require(Cause::kIdle);
    return;
  }
  if (machine_.now_us != next_tick_us_) return;
  next_tick_us_ += machine_.tick_us;
  if (policy_->Tick(*current_, 1)) Require(Cause::kSliceEnd);
}

bool Cpu::EndBurst() {
  if (current_ == nullptr || machine_.now_us != burst_end_us_) return false;
  burst_end_us_ = kNever;
  machine_.Tell([&](TraceSink& sink) {
    sink.OnBurstEnd(machine_.now_us, current_->trace);
  });
  return true;
}

const char* Cpu::Attach(Task& task) {
  if (attached_ == reserved_) {
    reserved_ = std::max<size_t>(64, 2 * attached_);
    policy_->Reserve(reserved_);
  }
  const char* const refusal = policy_->Attach(task);
  if (refusal == nullptr) ++attached_;
  return refusal;
}

void Cpu::Detach(Task& task) {
  policy_->Detach(task);
  --attached_;
}

void Cpu::Enqueue(Task& task, EnqueueReason reason) {
  if (owner_ == nullptr) ChargeIdleTicks();
  task.state = TaskState::kQueued;
  ++queued_;
  policy_->Enqueue(task, reason);
  if (current_ == nullptr) {
    // A pending decision keeps its cause.
    if (owner_ == nullptr) Require(Cause::kIdle);
  } else if (current_->state == TaskState::kRunning &&
             policy_->WakeupPreempts(*current_, task)) {
    Require(Cause::kWakeup);
  }
}

void Cpu::Stop(DequeueReason reason) {
  switch (reason) {
    case DequeueReason::kBlocked:
      current_->state = TaskState::kBlocked;
      cause_ = Cause::kBlock;
      break;
    case DequeueReason::kExited:
      current_->state = TaskState::kExited;
      cause_ = Cause::kExit;
      break;
    case DequeueReason::kMigrated:
      current_->state = TaskState::kMigrating;
      cause_ = Cause::kMigrate;
      // Only a queued task may migrate.
      policy_->Enqueue(*current_, EnqueueReason::kPreempted);
      break;
  }
  decision_due_ = true;
  burst_end_us_ = kNever;
  policy_->Dequeue(*current_, reason);
  current_ = nullptr;
}

absl::Status Cpu::Decide() {
  const Cause cause = cause_;
  ++decisions_;
  if (owner_ == nullptr) ChargeIdleTicks();
  std::vector<Candidate> candidates;
  if (machine_.explains) candidates = Candidates();

  Entity* const choice = Ask();
  decision_due_ = false;
  if (absl::Status status = Check(choice); !status.ok()) return status;
  Task* const next = static_cast<Task*>(choice);
  if (machine_.explains) Explain(cause, next, std::move(candidates));
  Switch(next, cause);
  return absl::OkStatus();
}

Entity* Cpu::Ask() {
  if (current_ == nullptr) return policy_->PickNext();
  Task& current = *current_;
  if (in_burst()) current.burst_us = burst_end_us_ - machine_.now_us;
  current.state = TaskState::kQueued;
  ++queued_;
  if (cause_ == Cause::kYield) return policy_->Yield(current);
  policy_->Enqueue(current, EnqueueReason::kPreempted);
  return policy_->PickNext();
}

absl::Status Cpu::Check(const Entity* choice) const {
  if (choice == nullptr) {
    if (queued_ == 0) return absl::OkStatus();
    return PolicyError(absl::StrCat("chose nobody, though ", queued_,
                                    " of its tasks are runnable"));
  }
  const Task& task = static_cast<const Task&>(*choice);
  if (task.state == TaskState::kQueued && task.cpu == number_) {
    return absl::OkStatus();
  }
  return PolicyError(absl::StrCat("chose task ", Quoted(task.trace.name),
                                  ", which is not runnable"));
}

absl::Status Cpu::PolicyError(const std::string& what) const {
  return absl::InternalError(absl::StrCat("scheduler ", Quoted(policy_->name()),
                                          " ", what, " (at ", machine_.now_us,
                                          " us)"));
}

void Cpu::Switch(Task* next, Cause cause) {
  Task* const prev = std::exchange(owner_, next);
  current_ = next;
  burst_end_us_ = kNever;
  if (next == nullptr) {
    next_tick_us_ = kNever;
    idle_ticks_ = machine_.now_us / machine_.tick_us;
    const uint64_t event = policy_->NextIdleEvent();
    // A past event that makes no task runnable would stop the clock.
    idle_event_us_ = event == Scheduler::kNever || event <= Jiffies()
                         ? kNever
                         : static_cast<int64_t>(event) * machine_.tick_us;
  } else {
    next->state = TaskState::kRunning;
    --queued_;
    if (next->burst_us > 0) StartBurst(std::exchange(next->burst_us, 0));
    if (next->first_run_us < 0) next->first_run_us = machine_.now_us;
    if (prev == nullptr) {
      next_tick_us_ =
          (machine_.now_us / machine_.tick_us + 1) * machine_.tick_us;
    }
  }
  if (prev == next) return;
  SwitchEvent event = {.time_us = machine_.now_us,
                       .cpu = number_,
                       .prev = prev == nullptr ? nullptr : &prev->trace,
                       .next = next == nullptr ? nullptr : &next->trace,
                       .cause = cause};
  if (prev != nullptr && prev->state == TaskState::kBlocked) {
    event.prev_state = 'S';
  } else if (prev != nullptr && prev->state == TaskState::kExited) {
    event.prev_state = 'X';
  }
  machine_.Tell([&](TraceSink& sink) { sink.OnSwitch(event); });
}

// Keeps the first of several causes, but a yield wins even if the task would
// have been preempted.
void Cpu::Require(Cause cause) {
  if (!decision_due_ || cause == Cause::kYield) cause_ = cause;
  decision_due_ = true;
}

void Cpu::ChargeIdleTicks() {
  const int64_t ticks = machine_.now_us / machine_.tick_us;
  if (ticks == idle_ticks_) return;
  policy_->IdleTicks(ticks - std::exchange(idle_ticks_, ticks));
}

std::vector<Candidate> Cpu::Candidates() const {
  std::vector<Candidate> candidates;
  char text[256];
  for (const Task& task : machine_.tasks) {
    if (task.cpu != number_ || (task.state != TaskState::kQueued &&
                                task.state != TaskState::kRunning)) {
      continue;
    }
    policy_->Describe(task, text, sizeof text);
    candidates.push_back({.task = &task.trace, .before = text, .after = ""});
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) {
              return a.task->slot < b.task->slot;
            });
  return candidates;
}

void Cpu::Explain(Cause cause, Task* next, std::vector<Candidate> candidates) {
  char text[256];
  for (Candidate& candidate : candidates) {
    const auto index = static_cast<size_t>(candidate.task->index);
    policy_->Describe(machine_.tasks[index], text, sizeof text);
    candidate.after = text;
  }
  const Decision decision = {
      .time_us = machine_.now_us,
      .cpu = number_,
      .cause = cause,
      .prev = owner_ == nullptr ? nullptr : &owner_->trace,
      .next = next == nullptr ? nullptr : &next->trace,
      .rule = std::string(policy_->PickRule()),
      .candidates = std::move(candidates)};
  machine_.Tell([&](TraceSink& sink) {
    if (sink.WantsDecisions()) sink.OnDecision(decision);
  });
  machine_.SeeWhetherToExplain();
}

}  // namespace jiffy::sched::sim
