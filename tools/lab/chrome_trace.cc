#include "tools/lab/chrome_trace.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace jiffy::lab {

using sched::sim::Cause;
using sched::sim::TraceTask;

namespace {

// The groups of tracks are processes to the viewer.
constexpr int kCpus = 1;
constexpr int kTasks = 2;

std::string Json(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

// Why the CPU changed hands, as JSON.
std::string_view EndOf(const sched::sim::SwitchEvent& event) {
  switch (event.cause) {
    case Cause::kIdle:
      return "\"idle\"";
    case Cause::kSliceEnd:
      return "\"slice used up\"";
    case Cause::kWakeup:
      return "\"preempted by a wake-up\"";
    case Cause::kYield:
      return "\"yielded\"";
    case Cause::kBlock:
      return "\"blocked\"";
    case Cause::kExit:
      return "\"exited\"";
    case Cause::kMigrate:
      return "\"moved to another CPU\"";
  }
  return "\"\"";
}

}  // namespace

void ChromeTrace::OnStart(const sched::sim::RunInfo& run) {
  // One event a line; the last one, without a comma, comes in OnEnd.
  file_.Write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
  Metadata("process_name", kCpus, 0, Json(absl::StrCat("CPUs, ", run.policy)));
  Metadata("process_name", kTasks, 0,
           Json(absl::StrCat("tasks, ", run.policy)));
  cpus_.resize(static_cast<size_t>(run.cpus));
  for (int cpu = 0; cpu < run.cpus; ++cpu) {
    Metadata("thread_name", kCpus, cpu, Json(absl::StrCat("CPU ", cpu)));
  }
}

void ChromeTrace::OnCreate(int64_t time_us, int /*cpu*/, const TraceTask& task,
                           bool runnable) {
  tracks_.push_back({.name = Json(task.name),
                     .since_us = time_us,
                     .waiting = runnable,
                     .running = false});
  tasks_.push_back(&task);
  Metadata("thread_name", kTasks, task.index, tracks_.back().name);
}

void ChromeTrace::OnWakeup(int64_t time_us, int /*cpu*/, const TraceTask& task,
                           const TraceTask* waker) {
  file_.Write("{\"name\":\"wake-up\",\"ph\":\"i\",\"s\":\"t\",\"ts\":");
  file_.Write(time_us);
  file_.Write(",\"pid\":2,\"tid\":");
  file_.Write(int64_t{task.index});
  file_.Write(",\"args\":{\"by\":");
  file_.Write(waker == nullptr ? "\"timer\"" : Of(*waker).name);
  file_.Write("}},\n");
  Track& track = Of(task);
  if (track.running) return;
  track.waiting = true;
  track.since_us = time_us;
}

void ChromeTrace::OnSwitch(const sched::sim::SwitchEvent& event) {
  CpuTrack& cpu = cpus_[static_cast<size_t>(event.cpu)];
  if (event.prev != nullptr) {
    Slice(Of(*event.prev).name, "", kCpus, event.cpu, cpu.since_us,
          event.time_us, EndOf(event));
    EndState(*event.prev, event.time_us, EndOf(event));
    Of(*event.prev).waiting = event.prev_state == 'R';
  }
  cpu = {.task = event.next, .since_us = event.time_us};
  if (event.next != nullptr) {
    EndState(*event.next, event.time_us, "\"got the CPU\"");
    Of(*event.next).running = true;
  }
}

void ChromeTrace::OnEnd(int64_t time_us) {
  constexpr std::string_view kEnd = "\"end of the run\"";
  for (size_t i = 0; i < cpus_.size(); ++i) {
    if (cpus_[i].task == nullptr) continue;
    Slice(Of(*cpus_[i].task).name, "", kCpus, static_cast<int64_t>(i),
          cpus_[i].since_us, time_us, kEnd);
  }
  for (const TraceTask* const task : tasks_) EndState(*task, time_us, kEnd);
  file_.Write("{\"name\":\"end\",\"ph\":\"i\",\"s\":\"g\",\"ts\":");
  file_.Write(time_us);
  file_.Write(",\"pid\":1,\"tid\":0}\n]}\n");
}

void ChromeTrace::Metadata(std::string_view what, int pid, int64_t tid,
                           std::string_view name) {
  file_.Write("{\"name\":\"");
  file_.Write(what);
  file_.Write("\",\"ph\":\"M\",\"pid\":");
  file_.Write(int64_t{pid});
  file_.Write(",\"tid\":");
  file_.Write(tid);
  file_.Write(",\"args\":{\"name\":");
  file_.Write(name);
  file_.Write("}},\n");
}

void ChromeTrace::Slice(std::string_view name, std::string_view color, int pid,
                        int64_t tid, int64_t since_us, int64_t until_us,
                        std::string_view end) {
  if (since_us == until_us) return;
  file_.Write("{\"name\":");
  file_.Write(name);
  if (!color.empty()) {
    file_.Write(",\"cname\":\"");
    file_.Write(color);
    file_.Write("\"");
  }
  file_.Write(",\"ph\":\"X\",\"ts\":");
  file_.Write(since_us);
  file_.Write(",\"dur\":");
  file_.Write(until_us - since_us);
  file_.Write(",\"pid\":");
  file_.Write(int64_t{pid});
  file_.Write(",\"tid\":");
  file_.Write(tid);
  file_.Write(",\"args\":{\"end\":");
  file_.Write(end);
  file_.Write("}},\n");
}

void ChromeTrace::EndState(const TraceTask& task, int64_t time_us,
                           std::string_view end) {
  Track& track = Of(task);
  if (track.running) {
    Slice("\"running\"", "thread_state_running", kTasks, task.index,
          track.since_us, time_us, end);
  } else if (track.waiting) {
    Slice("\"runnable\"", "thread_state_runnable", kTasks, task.index,
          track.since_us, time_us, end);
  }
  track.running = false;
  track.waiting = false;
  track.since_us = time_us;
}

}  // namespace jiffy::lab
