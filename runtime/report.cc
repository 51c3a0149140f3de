#include "runtime/report.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace jiffy::internal {
namespace {

// Returns the thread that `task` waits to join, or nullptr.
const Task* Joined(const Task* task) {
  if (task->wait_kind != WaitKind::kJoin) return nullptr;
  return static_cast<const Completion*>(task->wait_object)->task;
}

std::string DescribeWait(const Task& task, absl::string_view scheduler) {
  switch (task.wait_kind) {
    case WaitKind::kJoin: {
      const auto* target = static_cast<const Completion*>(task.wait_object);
      return absl::StrCat("waits for ", Described(*target), " to end");
    }
    case WaitKind::kPolicy:
      return absl::StrCat("sleeps in a call of the scheduler ", scheduler);
    case WaitKind::kSleep:
      return "sleeps";
    case WaitKind::kExternal:
      return "waits for an OS thread";
    case WaitKind::kPark:
      return "is parked, for another thread to wake";
    case WaitKind::kNone:
      break;
  }
  return "does not run";
}

// Returns the cycle of joins that `start` leads into, empty if it leads to
// none.
std::vector<const Task*> FindCycle(const Task* start, uint64_t live) {
  const Task* task = start;
  for (uint64_t i = 0; i < live && task != nullptr; ++i) task = Joined(task);
  if (task == nullptr) return {};
  std::vector<const Task*> cycle;
  const Task* first = task;
  do {
    cycle.push_back(task);
    task = Joined(task);
  } while (task != first);
  return cycle;
}

}  // namespace

std::string Described(const Completion& completion) {
  return absl::StrCat("'", NameOf(completion).text, "' (#", completion.id, ")");
}

std::string DescribeDeadlock(const Task* all, uint64_t live,
                             std::string_view scheduler) {
  const absl::string_view name(scheduler.data(), scheduler.size());
  std::string text =
      live == 1 ? std::string(
                      "deadlock: the only thread waits and nothing can wake it")
                : absl::StrCat("deadlock: all ", live,
                               " threads wait and nothing can wake them");
  // Enough to see what is wrong; a run may have a million threads.
  constexpr int kMostShown = 50;
  int shown = 0;
  for (const Task* task = all; task != nullptr; task = task->all_next) {
    if (shown++ == kMostShown) {
      absl::StrAppend(&text, "\n  ... and ", live - kMostShown, " more");
      break;
    }
    absl::StrAppend(&text, "\n  ", Described(*task->completion), " ",
                    DescribeWait(*task, name));
  }
  for (const Task* task = all; task != nullptr; task = task->all_next) {
    const std::vector<const Task*> cycle = FindCycle(task, live);
    if (cycle.empty()) continue;
    absl::StrAppend(&text, "\n  cycle: ");
    for (const Task* member : cycle) {
      absl::StrAppend(&text, Described(*member->completion), " -> ");
    }
    absl::StrAppend(&text, Described(*cycle.front()->completion));
    break;
  }
  return text;
}

void ReportLostException(const Completion& completion) {
  if (completion.exception == nullptr) return;
  std::string what = "an exception that is no std::exception";
  try {
    std::rethrow_exception(completion.exception);
  } catch (const std::exception& e) {
    what = absl::StrCat("an exception: ", e.what());
  } catch (...) {
  }
  fprintf(stderr, "jiffy: thread %s ended by %s; nobody joined it to see\n",
          Described(completion).c_str(), what.c_str());
}

ThreadName NameOf(const Completion& completion) {
  ThreadName name = {};
  if (completion.name[0] != '\0') {
    memcpy(name.text, completion.name, sizeof name.text);
    return name;
  }
  constexpr std::string_view kPrefix = "thread-";
  memcpy(name.text, kPrefix.data(), kPrefix.size());
  // The buffer holds the longest number.
  static_assert(sizeof name.text > kPrefix.size() + 20);
  *std::to_chars(name.text + kPrefix.size(), std::end(name.text) - 1,
                 completion.id)
       .ptr = '\0';
  return name;
}

}  // namespace jiffy::internal
