#include "runtime/core/watchdog.h"

#include <unistd.h>

#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "signals/text_buffer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

using Line = signals::TextBuffer<256>;

Line& operator<<(Line& line, const Task& task) {
  line << "jiffy: watchdog: thread '";
  if (task.completion->name[0] != '\0') {
    line << task.completion->name;
  } else {
    line << "thread-" << task.id;
  }
  return line << "' (#" << task.id << ") ";
}

const char* Waiting(WaitKind kind) {
  switch (kind) {
    case WaitKind::kJoin:
      return "has waited for a thread to end for ";
    case WaitKind::kMutex:
    case WaitKind::kSharedMutex:
      return "has waited for a mutex for ";
    case WaitKind::kCondition:
      return "has waited in a ConditionVariable for ";
    case WaitKind::kSend:
    case WaitKind::kReceive:
    case WaitKind::kSelect:
      return "has waited for a channel for ";
    default:
      return "has waited for ";
  }
}

}  // namespace

void Watchdog::ReportGuard(const Task& task, int64_t ns) {
  guard_reported_ = true;
  Line line(STDERR_FILENO);
  line << task << "has kept preemption off for " << ns / signals::kNsPerMs
       << " ms\n";
}

void Watchdog::CheckAll(Task* all, uint64_t jiffies, int64_t tick_ns) {
  next_check_ = jiffies + static_cast<uint64_t>(CheckEveryNs() / tick_ns);
  for (Task* task = all; task != nullptr; task = task->all_next) {
    if (task->state != TaskState::kBlocked || task->wait_reported ||
        task->wait_kind == WaitKind::kSleep) {
      continue;
    }
    const auto ticks = static_cast<int64_t>(jiffies - task->wait_since);
    if (ticks * tick_ns < wait_ns_) continue;
    task->wait_reported = true;
    Line line(STDERR_FILENO);
    line << *task << Waiting(task->wait_kind)
         << ticks * tick_ns / signals::kNsPerMs << " ms\n";
  }
}

}  // namespace jiffy::internal
