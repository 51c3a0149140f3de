#include "tools/lab/ftrace_trace.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace jiffy::lab {

using sched::sim::TaskPolicy;
using sched::sim::TraceTask;

namespace {

int PidOf(const TraceTask* task) {
  return task == nullptr ? 0 : task->index + 1;
}

int PrioOf(const TraceTask* task) {
  constexpr int kNice0 = 120;
  if (task == nullptr) return kNice0;
  switch (task->sched.policy) {
    case TaskPolicy::kOther:
    case TaskPolicy::kBatch:
    case TaskPolicy::kIdle:
      return kNice0 + task->sched.priority;
    case TaskPolicy::kRoundRobin:
    case TaskPolicy::kFifo:
      return 99 - task->sched.priority;
    case TaskPolicy::kDeadline:
      return -1;
  }
  return kNice0;
}

}  // namespace

void FtraceTrace::OnStart(const sched::sim::RunInfo& run) {
  current_.assign(static_cast<size_t>(run.cpus), nullptr);
  file_.Write(absl::StrCat("cpus=", run.cpus, "\n"));
}

void FtraceTrace::OnCreate(int64_t time_us, int cpu, const TraceTask& task,
                           bool runnable) {
  std::string comm = task.name;
  // A line break would end the line, and nothing else may be a control
  // character in a line of text either.
  std::replace_if(
      comm.begin(), comm.end(),
      [](unsigned char c) { return c < ' ' || c == 0x7F; }, '_');
  comms_.push_back(comm);
  if (runnable) Wakeup("sched_wakeup_new", time_us, cpu, cpu, task);
}

void FtraceTrace::OnWakeup(int64_t time_us, int cpu, const TraceTask& task,
                           const TraceTask* waker) {
  const auto by = std::find(current_.begin(), current_.end(), waker);
  // A timer goes off on the CPU of its task.
  const int where = waker == nullptr || by == current_.end()
                        ? cpu
                        : static_cast<int>(by - current_.begin());
  Wakeup("sched_wakeup", time_us, where, cpu, task);
}

void FtraceTrace::OnSwitch(const sched::sim::SwitchEvent& event) {
  Begin(event.time_us, event.cpu, "sched_switch");
  file_.Write(absl::StrFormat(
      "%s:%d [%d] %c ==> %s:%d [%d]\n", CommOf(event.prev, event.cpu),
      PidOf(event.prev), PrioOf(event.prev), event.prev_state,
      CommOf(event.next, event.cpu), PidOf(event.next), PrioOf(event.next)));
  current_[static_cast<size_t>(event.cpu)] = event.next;
}

void FtraceTrace::Wakeup(const char* event, int64_t time_us, int cpu,
                         int target_cpu, const TraceTask& task) {
  Begin(time_us, cpu, event);
  file_.Write(absl::StrFormat("%s:%d [%d] CPU:%03d\n", CommOf(&task, cpu),
                              PidOf(&task), PrioOf(&task), target_cpu));
}

// The task in whose context it happens, the CPU, the time, the event.
void FtraceTrace::Begin(int64_t time_us, int cpu, const char* event) {
  const TraceTask* const context = current_[static_cast<size_t>(cpu)];
  file_.Write(absl::StrFormat(
      "%16s-%-5d [%03d] %6d.%06d: %-21s ",
      context == nullptr ? "<idle>" : CommOf(context, cpu), PidOf(context), cpu,
      time_us / 1'000'000, time_us % 1'000'000, absl::StrCat(event, ":")));
}

std::string FtraceTrace::CommOf(const TraceTask* task, int cpu) const {
  if (task == nullptr) return absl::StrCat("swapper/", cpu);
  return comms_[static_cast<size_t>(task->index)];
}

}  // namespace jiffy::lab
