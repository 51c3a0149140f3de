#include "tools/page/run_sink.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/lab/explain.h"

namespace jiffy::page {

using sched::sim::Candidate;
using sched::sim::Cause;
using sched::sim::Decision;
using sched::sim::SwitchEvent;
using sched::sim::TraceTask;

namespace {

SliceEnd EndOf(const SwitchEvent& event) {
  if (event.prev_state == 'X') return SliceEnd::kFinished;
  switch (event.cause) {
    case Cause::kWakeup:
      return SliceEnd::kWakeup;
    case Cause::kYield:
      return SliceEnd::kYielded;
    case Cause::kMigrate:
      return SliceEnd::kMigrated;
    case Cause::kBlock:
      // Also if it was woken again at the same instant, and so is 'R'.
      return SliceEnd::kBlocked;
    default:
      return event.prev_state == 'S' ? SliceEnd::kBlocked : SliceEnd::kTick;
  }
}

}  // namespace

void RunSink::OnStart(const sched::sim::RunInfo& run) {
  metrics_.OnStart(run);
  cpus_.resize(static_cast<size_t>(run.cpus));
}

void RunSink::OnCreate(int64_t time_us, int cpu, const TraceTask& task,
                       bool runnable) {
  metrics_.OnCreate(time_us, cpu, task, runnable);
  if (trace_.tasks.size() >= trace_.limits.tasks) {
    ++trace_.dropped_tasks;
    return;
  }
  trace_.tasks.push_back(task.name);
  tasks_.push_back({.waiting_since_us = runnable ? time_us : -1});
}

void RunSink::OnWakeup(int64_t time_us, int cpu, const TraceTask& task,
                       const TraceTask* waker) {
  metrics_.OnWakeup(time_us, cpu, task, waker);
  const int32_t index = IndexOf(&task);
  if (full() || index < 0) return;
  if (!trace_.Add(Wakeup{time_us, index, IndexOf(waker)})) {
    Cut(time_us);
    return;
  }
  // One that blocked at this very instant still has the CPU.
  TaskState& state = tasks_[static_cast<size_t>(index)];
  if (!state.running) state.waiting_since_us = time_us;
}

void RunSink::OnBurstEnd(int64_t time_us, const TraceTask& task) {
  metrics_.OnBurstEnd(time_us, task);
}

void RunSink::OnSwitch(const SwitchEvent& event) {
  metrics_.OnSwitch(event);
  if (full()) {
    if (event.next != nullptr) ++trace_.dropped_slices;
    return;
  }
  CloseSlice(event.cpu, event.time_us, EndOf(event));
  if (const int32_t prev = IndexOf(event.prev); prev >= 0) {
    tasks_[static_cast<size_t>(prev)] = {
        .running = false,
        .waiting_since_us = event.prev_state == 'R' ? event.time_us : -1};
  }
  if (event.next == nullptr) return;
  if (trace_.slices.size() + open_slices_ >= trace_.limits.slices) {
    Cut(event.time_us);
    ++trace_.dropped_slices;
    return;
  }
  ++open_slices_;
  OnCpu& cpu = cpus_[static_cast<size_t>(event.cpu)];
  cpu = {
      .task = IndexOf(event.next), .since_us = event.time_us, .waited_us = 0};
  if (cpu.task < 0) return;
  TaskState& next = tasks_[static_cast<size_t>(cpu.task)];
  if (next.waiting_since_us >= 0) {
    cpu.waited_us = event.time_us - next.waiting_since_us;
  }
  next = {.running = true};
}

void RunSink::OnDecision(const Decision& decision) {
  if (!WantsDecisions()) return;
  const size_t shown = std::min(decision.candidates.size(), kMaxCandidates);
  const std::string cause = lab::DescribeCause(decision);
  size_t bytes = cause.size() + decision.rule.size();
  for (const Candidate& candidate : decision.candidates) {
    bytes += candidate.before.size() + candidate.after.size();
  }
  if (!trace_.HasRoomFor(shown, bytes)) {
    trace_.explained_until_us = decision.time_us;
    return;
  }
  Explained explained = {.time_us = decision.time_us,
                         .cpu = decision.cpu,
                         .cause = trace_.Intern(cause),
                         .rule = trace_.Intern(decision.rule),
                         .next = IndexOf(decision.next)};
  // A place is left for the chosen one while it is to come.
  bool is_chosen_to_come = decision.next != nullptr;
  for (const Candidate& candidate : decision.candidates) {
    if (candidate.task == decision.next) {
      is_chosen_to_come = false;
    } else if (explained.candidates + (is_chosen_to_come ? 1 : 0) >=
               kMaxCandidates) {
      ++explained.hidden;
      continue;
    }
    trace_.candidates.push_back({.task = IndexOf(candidate.task),
                                 .before = trace_.Intern(candidate.before),
                                 .after = trace_.Intern(candidate.after)});
    ++explained.candidates;
  }
  trace_.explained.push_back(explained);
}

void RunSink::OnEnd(int64_t time_us) {
  metrics_.OnEnd(time_us);
  if (!full()) CloseAll(time_us, SliceEnd::kRunEnd);
}

int32_t RunSink::IndexOf(const TraceTask* task) const {
  if (task == nullptr) return kNobody;
  return static_cast<size_t>(task->index) < tasks_.size() ? task->index
                                                          : kUnkeptTask;
}

void RunSink::CloseSlice(int cpu, int64_t time_us, SliceEnd end) {
  OnCpu& on = cpus_[static_cast<size_t>(cpu)];
  if (on.task == kNobody) return;
  trace_.Add(Slice{.start_us = on.since_us,
                   .length_us = time_us - on.since_us,
                   .waited_us = on.waited_us,
                   .task = on.task,
                   .cpu = cpu,
                   .end = end});
  --open_slices_;
  on = {};
}

void RunSink::Cut(int64_t time_us) {
  CloseAll(time_us, SliceEnd::kCut);
  trace_.kept_until_us = time_us;
}

void RunSink::CloseAll(int64_t time_us, SliceEnd end) {
  for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
    CloseSlice(static_cast<int>(cpu), time_us, end);
  }
  for (size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].running || tasks_[i].waiting_since_us < 0) continue;
    trace_.open_waits.push_back({.task = static_cast<int32_t>(i),
                                 .since_us = tasks_[i].waiting_since_us});
  }
}

}  // namespace jiffy::page
