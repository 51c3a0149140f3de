#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/holder.h"
#include "runtime/libc_thread.h"
#include "runtime/task.h"
#include "runtime/waiter.h"
#include "runtime/worker.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// Threads by libc's ids, which are given out one after the other: a search of
// all threads for each that waits would take minutes where there are many.
constexpr size_t kNoted = size_t{1} << 14;
const Task* by_libc_id[kNoted];
// Whether some had no room.
bool incomplete = false;
// The last one that was looked for among all: others may wait for the same.
int last_id = 0;
const Task* last_found = nullptr;

const Task*& NotedAt(int id) {
  return by_libc_id[static_cast<unsigned>(id) % kNoted];
}

int LibcIdOf(const Task& task) {
  const auto* block = static_cast<const char*>(task.context.thread_pointer);
  return block == nullptr ? 0 : LibcThreadId(block);
}

// Calls visit(task) for all threads until it returns true.
template <typename Visit>
void ForEach(const Worker& worker, Visit visit) {
  uint64_t left = worker.live() + 1;
  for (const Task* task = worker.all_tasks(); task != nullptr && left != 0;
       task = task->all_next, --left) {
    if (visit(*task)) return;
  }
}

const Task* FindByLibcId(int id, const Worker& worker) {
  const Task* noted = NotedAt(id);
  if (noted != nullptr && LibcIdOf(*noted) == id) return noted;
  if (!incomplete) return nullptr;
  if (id != last_id) {
    last_id = id;
    last_found = nullptr;
    ForEach(worker, [&](const Task& task) {
      if (LibcIdOf(task) == id) last_found = &task;
      return last_found != nullptr;
    });
  }
  return last_found;
}

Holder HolderOfLibcMutex(const Task& task, const Worker& worker) {
  const int owner =
      static_cast<const pthread_mutex_t*>(task.wait_object)->__data.__owner;
  if (owner == 0) return {};
  return {.held = true, .thread = FindByLibcId(owner, worker)};
}

Holder HolderOfOwned(const Task& task) {
  const void* owner = static_cast<const Owned*>(task.wait_object)->Owner();
  if (owner == nullptr) return {};
  const auto* head = static_cast<const signals::TaskHead*>(owner);
  const auto& holder = *static_cast<const Task*>(head);
  // An OS thread's control block has no more than the head.
  if (head->current != head || holder.completion == nullptr) {
    return {.held = true};
  }
  return {.held = true, .thread = &holder};
}

}  // namespace

void NoteLibcIds(void* argument) {
  const auto& worker = *static_cast<const Worker*>(argument);
  bool wanted = false;
  ForEach(worker, [&](const Task& task) {
    wanted = task.wait_kind == WaitKind::kLibcMutex;
    return wanted;
  });
  if (!wanted) return;
  memset(by_libc_id, 0, sizeof by_libc_id);
  incomplete = false;
  last_id = 0;
  ForEach(worker, [&](const Task& task) {
    const Task*& noted = NotedAt(LibcIdOf(task));
    if (noted != nullptr) incomplete = true;
    noted = &task;
    return false;
  });
}

Holder HolderOf(const Task& task, const Worker& worker) {
  switch (task.wait_kind) {
    case WaitKind::kLibcMutex:
      return HolderOfLibcMutex(task, worker);
    case WaitKind::kMutex:
    case WaitKind::kSharedMutex:
      return HolderOfOwned(task);
    default:
      return {};
  }
}

}  // namespace jiffy::internal
