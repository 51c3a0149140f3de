#include "runtime/debug/deadlock.h"

#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/debug/holder.h"
#include "runtime/debug/report.h"
#include "runtime/debug/wait_name.h"
#include "runtime/libc/thread_block.h"
#include "runtime/libc/thread_id.h"
#include "signals/signal_mask.h"

namespace jiffy::internal {
namespace {

bool IsOwned(WaitKind kind) {
  return kind == WaitKind::kMutex || kind == WaitKind::kSharedMutex;
}

int LibcIdOf(const Task& task) {
  return LibcThreadId(static_cast<const char*>(task.context.thread_pointer));
}

// The threads as a graph: an edge leads from a thread to the only one that can
// end its wait. So each thread has at most one edge.
class WaitForGraph {
 public:
  explicit WaitForGraph(const Task* all) : all_(all) {
    for (const Task* task = all; task != nullptr; task = task->all_next) {
      visits_[Identity(task)] = {.task = task};
      if (task->context.thread_pointer != nullptr) {
        libc_threads_[LibcIdOf(*task)] = task;
      }
    }
  }

  // Returns the thread that holds what the task waits for, or nullptr. An owner
  // that is not among the threads has ended, or is an OS thread, whose memory
  // must not be read.
  const Task* HolderFor(const Task& task) const {
    if (const int owner = LibcOwnerOf(task); owner != 0) {
      const auto found = libc_threads_.find(owner);
      return found == libc_threads_.end() ? nullptr : found->second;
    }
    if (!IsOwned(task.wait_kind)) return nullptr;
    const auto found =
        visits_.find(static_cast<const Owned*>(task.wait_object)->Owner());
    return found == visits_.end() ? nullptr : found->second.task;
  }

  // Returns a cycle, or nothing.
  std::vector<const Task*> FindCycle() {
    uint64_t walk = 0;
    for (const Task* start = all_; start != nullptr; start = start->all_next) {
      walk++;
      const Task* task = start;
      while (task != nullptr && visits_[Identity(task)].walk == 0) {
        visits_[Identity(task)].walk = walk;
        task = Next(*task);
      }
      // If this walk came here before, it is a cycle; if an earlier walk did,
      // the path leads to none.
      if (task != nullptr && visits_[Identity(task)].walk == walk) {
        return CycleFrom(task);
      }
    }
    return {};
  }

 private:
  struct Visit {
    const Task* task = nullptr;
    // Number of the first walk that came here.
    uint64_t walk = 0;
  };

  static const void* Identity(const Task* task) {
    return static_cast<const signals::TaskHead*>(task);
  }

  const Task* Next(const Task& task) const {
    if (task.wait_kind == WaitKind::kJoin) {
      return static_cast<const Completion*>(task.wait_object)->task;
    }
    return HolderFor(task);
  }

  std::vector<const Task*> CycleFrom(const Task* first) const {
    std::vector<const Task*> cycle;
    const Task* task = first;
    do {
      cycle.push_back(task);
      task = Next(*task);
    } while (task != first);
    return cycle;
  }

  const Task* all_;
  absl::flat_hash_map<const void*, Visit> visits_;
  // By libc's ids.
  absl::flat_hash_map<int, const Task*> libc_threads_;
};

std::string DescribeWait(const Task& task, const WaitForGraph& graph,
                         absl::string_view scheduler) {
  switch (task.wait_kind) {
    case WaitKind::kNone:
      return "does not run";
    case WaitKind::kJoin: {
      const auto* target = static_cast<const Completion*>(task.wait_object);
      return absl::StrCat("waits for ", Described(*target), " to end");
    }
    case WaitKind::kPolicy:
      return absl::StrCat("sleeps in a call of the scheduler ", scheduler);
    case WaitKind::kSleep:
      return "sleeps";
    case WaitKind::kPark:
      return "is parked, for another thread to wake";
    default:
      break;
  }
  std::string text =
      absl::StrCat("waits for ", WaitObjectName(task.wait_kind), " at 0x",
                   absl::Hex(reinterpret_cast<uintptr_t>(task.wait_object)));
  if (const Task* holder = graph.HolderFor(task); holder != nullptr) {
    absl::StrAppend(&text, ", held by ", Described(*holder->completion));
  } else if (IsGreenLibcId(LibcOwnerOf(task))) {
    absl::StrAppend(&text, ", held by a thread that has ended");
  }
  return text;
}

// Returns whether only a green thread, maybe one that has ended, can end the
// task's wait for a lock: no waker has taken the task out of the queue, and no
// OS thread holds the lock.
bool WaitsForGreenThread(const Task& task, const Task* all) {
  const Waiter& waiter = *task.parker->waiters;
  waiter.lock->Lock();
  const bool queued = waiter.list != nullptr;
  const int libc_owner = LibcOwnerOf(task);
  const void* owner = IsOwned(task.wait_kind)
                          ? static_cast<const Owned*>(task.wait_object)->Owner()
                          : nullptr;
  waiter.lock->Unlock();
  if (!queued || !IsOwned(task.wait_kind)) {
    return queued && IsGreenLibcId(libc_owner);
  }
  while (all != nullptr &&
         static_cast<const signals::TaskHead*>(all) != owner) {
    all = all->all_next;
  }
  return all != nullptr;
}

}  // namespace

bool MayBeWokenFromOutside(const Task* all) {
  for (const Task* task = all; task != nullptr; task = task->all_next) {
    switch (task->wait_kind) {
      case WaitKind::kJoin:
      case WaitKind::kPolicy:
      case WaitKind::kPark:
        break;
      case WaitKind::kMutex:
      case WaitKind::kSharedMutex:
      case WaitKind::kLibcMutex:
      case WaitKind::kLibcRwlock:
        // The holder would have to release the lock, and no green thread runs.
        if (!WaitsForGreenThread(*task, all)) return true;
        break;
      default:
        return true;
    }
  }
  return false;
}

bool HandlesSignals(int tick_signal, int dump_signal) {
  constexpr uint64_t kNone =
      signals::kFaultSignals | signals::SignalBit(SIGABRT);
  for (int signal = 1; signal < _NSIG; ++signal) {
    struct sigaction action;
    if (signal == tick_signal || signal == dump_signal ||
        (kNone & signals::SignalBit(signal)) != 0 ||
        sigaction(signal, nullptr, &action) != 0) {
      continue;
    }
    if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
      return true;
    }
  }
  return false;
}

std::string DescribeDeadlock(const DeadlockScene& scene) {
  const absl::string_view scheduler(scene.scheduler.data(),
                                    scene.scheduler.size());
  WaitForGraph graph(scene.all);
  std::string text =
      scene.live == 1
          ? std::string(
                "deadlock: the only thread waits and nothing can wake it")
          : absl::StrCat("deadlock: all ", scene.live,
                         " threads wait and nothing can wake them");
  // Enough to see what is wrong; a run may have a million threads.
  constexpr int kMostShown = 50;
  int shown = 0;
  for (const Task* task = scene.all; task != nullptr; task = task->all_next) {
    if (shown++ == kMostShown) {
      absl::StrAppend(&text, "\n  ... and ", scene.live - kMostShown, " more");
      break;
    }
    const auto ticks = static_cast<int64_t>(scene.jiffies - task->wait_since);
    absl::StrAppend(
        &text, "\n  ", Described(*task->completion), " ",
        DescribeWait(*task, graph, scheduler), ", since ",
        absl::FormatDuration(absl::Nanoseconds(ticks * scene.tick_ns)));
  }
  const std::vector<const Task*> cycle = graph.FindCycle();
  if (cycle.empty()) return text;
  absl::StrAppend(&text, "\n  cycle: ");
  for (const Task* member : cycle) {
    absl::StrAppend(&text, Described(*member->completion), " -> ");
  }
  absl::StrAppend(&text, Described(*cycle.front()->completion));
  return text;
}

}  // namespace jiffy::internal
