#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "runtime/completion.h"
#include "runtime/task.h"
#include "runtime/watchdog.h"

namespace jiffy::internal {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

// A line that is built without the heap and written at once.
class Line {
 public:
  Line& operator<<(const char* text) {
    const size_t length = std::min(strlen(text), sizeof text_ - length_);
    memcpy(text_ + length_, text, length);
    length_ += length;
    return *this;
  }
  Line& operator<<(uint64_t number) {
    char* end = std::to_chars(text_ + length_, std::end(text_), number).ptr;
    length_ = static_cast<size_t>(end - text_);
    return *this;
  }
  // Nothing can be done about a standard error that does not take it.
  void Write() const {
    [[maybe_unused]] const ssize_t written =
        write(STDERR_FILENO, text_, length_);
  }

 private:
  char text_[256];
  size_t length_ = 0;
};

Line About(const Task& task) {
  Line line;
  line << "jiffy: watchdog: thread '";
  if (task.completion->name[0] != '\0') {
    line << task.completion->name;
  } else {
    line << "thread-" << task.id;
  }
  line << "' (#" << task.id << ") ";
  return line;
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
  (About(task) << "has kept preemption off for "
               << static_cast<uint64_t>(ns / kNsPerMs) << " ms\n")
      .Write();
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
    (About(*task) << Waiting(task->wait_kind)
                  << static_cast<uint64_t>(ticks * tick_ns / kNsPerMs)
                  << " ms\n")
        .Write();
  }
}

}  // namespace jiffy::internal
