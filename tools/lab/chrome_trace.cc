#include "tools/lab/chrome_trace.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "trace/chrome_json.h"

namespace jiffy::lab {

using sched::sim::Cause;
using sched::sim::TraceTask;
using trace::Quoted;

namespace {

// The groups of tracks are processes to the viewer.
constexpr int kCpus = 1;
constexpr int kTasks = 2;

constexpr int64_t Ns(int64_t us) { return us * 1000; }

// Those of the CPUs, then those of the tasks.
constexpr int kFirstThread = kTasks + 1;

trace::Track TrackOfCpu(int cpu) {
  return {.process = kCpus, .thread = kFirstThread + cpu};
}

// Why the CPU changed hands, as arguments of a slice.
std::string_view EndOf(const sched::sim::SwitchEvent& event) {
  switch (event.cause) {
    case Cause::kIdle:
      return R"({"end":"idle"})";
    case Cause::kSliceEnd:
      return R"({"end":"slice used up"})";
    case Cause::kWakeup:
      return R"({"end":"preempted by a wake-up"})";
    case Cause::kYield:
      return R"({"end":"yielded"})";
    case Cause::kBlock:
      return R"({"end":"blocked"})";
    case Cause::kExit:
      return R"({"end":"exited"})";
    case Cause::kMigrate:
      return R"({"end":"moved to another CPU"})";
  }
  return "{}";
}

}  // namespace

trace::Track ChromeTrace::TrackOf(const TraceTask& task) const {
  return {
      .process = kTasks,
      .thread = kFirstThread + static_cast<int64_t>(cpus_.size()) + task.index};
}

void ChromeTrace::OnStart(const sched::sim::RunInfo& run) {
  json_.NameProcess(kCpus, Quoted(absl::StrCat("CPUs, ", run.policy)));
  json_.NameProcess(kTasks, Quoted(absl::StrCat("tasks, ", run.policy)));
  cpus_.resize(static_cast<size_t>(run.cpus));
  for (int cpu = 0; cpu < run.cpus; ++cpu) {
    json_.NameThread(TrackOfCpu(cpu), Quoted(absl::StrCat("CPU ", cpu)));
  }
}

void ChromeTrace::OnCreate(int64_t time_us, int /*cpu*/, const TraceTask& task,
                           bool runnable) {
  tracks_.push_back({.name = Quoted(task.name),
                     .since_us = time_us,
                     .waiting = runnable,
                     .running = false});
  tasks_.push_back(&task);
  json_.NameThread(TrackOf(task), tracks_.back().name);
}

void ChromeTrace::OnWakeup(int64_t time_us, int /*cpu*/, const TraceTask& task,
                           const TraceTask* waker) {
  json_.Mark(
      TrackOf(task), Ns(time_us), "\"wake-up\"",
      absl::StrCat("{\"by\":", waker == nullptr ? "\"timer\"" : Of(*waker).name,
                   "}"));
  Track& track = Of(task);
  if (track.running) return;
  track.waiting = true;
  track.since_us = time_us;
}

void ChromeTrace::OnSwitch(const sched::sim::SwitchEvent& event) {
  CpuTrack& cpu = cpus_[static_cast<size_t>(event.cpu)];
  if (event.prev != nullptr) {
    CpuSlice(event.cpu, event.time_us, EndOf(event));
    EndState(*event.prev, event.time_us, EndOf(event));
    Of(*event.prev).waiting = event.prev_state == 'R';
  }
  cpu = {.task = event.next, .since_us = event.time_us};
  if (event.next != nullptr) {
    EndState(*event.next, event.time_us, R"({"end":"got the CPU"})");
    Of(*event.next).running = true;
  }
}

void ChromeTrace::OnEnd(int64_t time_us) {
  constexpr std::string_view kEnd = R"({"end":"end of the run"})";
  for (size_t i = 0; i < cpus_.size(); ++i) {
    if (cpus_[i].task != nullptr) CpuSlice(static_cast<int>(i), time_us, kEnd);
  }
  for (const TraceTask* const task : tasks_) EndState(*task, time_us, kEnd);
  json_.GlobalMark(kCpus, Ns(time_us), "\"end\"");
  json_.End();
}

void ChromeTrace::CpuSlice(int cpu, int64_t until_us, std::string_view end) {
  const CpuTrack& track = cpus_[static_cast<size_t>(cpu)];
  if (track.since_us == until_us) return;
  json_.Slice(TrackOfCpu(cpu), Ns(track.since_us), Ns(until_us),
              Of(*track.task).name, "", end);
}

void ChromeTrace::EndState(const TraceTask& task, int64_t time_us,
                           std::string_view end) {
  Track& track = Of(task);
  if ((track.running || track.waiting) && track.since_us != time_us) {
    json_.Slice(
        TrackOf(task), Ns(track.since_us), Ns(time_us),
        track.running ? "\"running\"" : "\"runnable\"",
        track.running ? "thread_state_running" : "thread_state_runnable", end);
  }
  track.running = false;
  track.waiting = false;
  track.since_us = time_us;
}

}  // namespace jiffy::lab
