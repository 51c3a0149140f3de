#include "runtime/debug/holder.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/libc/thread_block.h"
#include "runtime/libc/thread_id.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// Threads by libc id; ids are given out one after the other. A search of all
// threads for each waiting one would take minutes if there are many.
constexpr size_t kNoted = size_t{1} << 14;
const Task* by_libc_id[kNoted];
// Whether some threads had no room, or were not reached.
bool incomplete = false;
// The last id that was searched for among all threads: others may wait for the
// same.
int last_id = 0;
const Task* last_found = nullptr;

const Task*& NotedAt(int id) {
  return by_libc_id[static_cast<unsigned>(id) % kNoted];
}

bool IsLibcs(const Task& task) {
  return task.wait_kind == WaitKind::kLibcMutex ||
         task.wait_kind == WaitKind::kLibcRwlock;
}

int LibcIdOf(const Task& task) {
  const auto* block = static_cast<const char*>(task.context.thread_pointer);
  return block == nullptr ? 0 : LibcThreadId(block);
}

// Calls visit(task) for all threads until it returns true.
template <typename Visit>
void ForEach(const Worker& worker, Visit visit) {
  uint64_t left = worker.machine().live + 1;
  for (const Task* task = worker.machine().all_tasks;
       task != nullptr && left != 0; task = task->all_next, --left) {
    if (visit(*task)) return;
  }
}

const Task* FindByLibcId(int id, const Worker& worker) {
  const Task* noted = NotedAt(id);
  if (noted != nullptr && LibcIdOf(*noted) == id) return noted;
  if (!incomplete) return nullptr;
  if (id != last_id) {
    const Task* found = nullptr;
    ForEach(worker, [&](const Task& task) {
      if (LibcIdOf(task) == id) found = &task;
      return found != nullptr;
    });
    last_id = id;
    last_found = found;
  }
  return last_found;
}

Holder HolderOfLibcs(const Task& task, const Worker& worker) {
  const int owner = LibcOwnerOf(task);
  if (owner == 0) return {};
  if (IsGreenLibcId(owner)) {
    const Task* thread = FindByLibcId(owner, worker);
    return {.kind = thread == nullptr ? Holder::Kind::kEnded
                                      : Holder::Kind::kThread,
            .thread = thread};
  }
  const bool lives = syscall(SYS_tgkill, getpid(), owner, 0) == 0;
  return {.kind = lives ? Holder::Kind::kOsThread : Holder::Kind::kEnded};
}

Holder HolderOfOwned(const Task& task) {
  const void* owner = static_cast<const Owned*>(task.wait_object)->Owner();
  if (owner == nullptr) return {};
  const auto* head = static_cast<const signals::TaskHead*>(owner);
  const auto& holder = *static_cast<const Task*>(head);
  // An OS thread's control block has only the head.
  if (head->current != head || holder.completion == nullptr) {
    return {.kind = Holder::Kind::kOsThread};
  }
  if (holder.state == TaskState::kFinished) {
    return {.kind = Holder::Kind::kEnded};
  }
  return {.kind = Holder::Kind::kThread, .thread = &holder};
}

}  // namespace

int LibcOwnerOf(const Task& task) {
  int owner = 0;
  int shared = 0;
  if (task.wait_kind == WaitKind::kLibcMutex) {
    constexpr int kSharedBit = 128;  // Of __kind.
    const auto& mutex =
        static_cast<const pthread_mutex_t*>(task.wait_object)->__data;
    owner = mutex.__owner;
    shared = mutex.__kind & kSharedBit;
  } else if (task.wait_kind == WaitKind::kLibcRwlock) {
    const auto& lock =
        static_cast<const pthread_rwlock_t*>(task.wait_object)->__data;
    owner = lock.__cur_writer;
    shared = lock.__shared;
  }
  // A process numbers its threads by itself, so ids of another process mean
  // nothing here.
  if (shared != 0 || (IsGreenLibcId(owner) && LibcIdsRepeat())) return 0;
  return owner;
}

void NoteLibcIds(void* argument) {
  const auto& worker = *static_cast<const Worker*>(argument);
  bool wanted = false;
  ForEach(worker, [&](const Task& task) {
    wanted = IsLibcs(task);
    return wanted;
  });
  if (!wanted) return;
  memset(by_libc_id, 0, sizeof by_libc_id);
  // In case a fault ends the pass early.
  incomplete = true;
  last_id = 0;
  bool clash = false;
  ForEach(worker, [&](const Task& task) {
    const Task*& noted = NotedAt(LibcIdOf(task));
    if (noted != nullptr) clash = true;
    noted = &task;
    return false;
  });
  incomplete = clash;
}

Holder HolderOf(const Task& task, const Worker& worker) {
  if (IsLibcs(task)) return HolderOfLibcs(task, worker);
  if (task.wait_kind == WaitKind::kMutex ||
      task.wait_kind == WaitKind::kSharedMutex) {
    return HolderOfOwned(task);
  }
  return {};
}

}  // namespace jiffy::internal
