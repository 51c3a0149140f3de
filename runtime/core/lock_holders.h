// Lock holders first: how a worker handles locks that it cannot see, those of
// libc and other libraries.
//
// A thread that is preempted while it holds such a lock (malloc's, a FILE's)
// stays in the policy's queue. Each thread ahead of it that wants the lock
// blocks in the kernel, and the worker with it, until the next tick: with a
// hundred thousand threads, for ever. So threads can be:
//
//   inside    preempted in a library, so the thread may hold a lock. It is
//             noted here and stays in the policy's queue;
//   blocked   found by a tick in a futex wait, so the thread waits for a lock.
//             The policy is told that it blocked. It becomes runnable when the
//             futex word has changed;
//   running   when a tick finds a waiting thread, the threads inside run
//             before the policy's choice, longest inside first. Each runs
//             until it leaves the library, or for 100 ms of CPU time in libc,
//             2 ms in another library; then the policy chooses. Meanwhile the
//             policy counts the thread as away.
//
// This is priority inheritance without knowing the owner. While a thread is
// inside libc, a one-shot timer checks whether the worker sleeps in the kernel:
// first 50 us after a switch, then less and less often. Ticks are deferred in
// libc (signals/deferral.h), so few threads are ever inside.
#ifndef JIFFY_RUNTIME_CORE_LOCK_HOLDERS_H_
#define JIFFY_RUNTIME_CORE_LOCK_HOLDERS_H_

#include <cstdint>

#include "runtime/core/task.h"
#include "signals/interrupted.h"

namespace jiffy::internal {

class LockUserQueue;

// An entry of a LockUserQueue. It lies on the thread's own stack, in the
// handler that switched away from the thread.
struct LockUser {
  explicit LockUser(Task& owner) : task(&owner) {}

  Task* const task;
  // The queue that the thread is in, or nullptr.
  LockUserQueue* queue = nullptr;
  LockUser* next = nullptr;
  LockUser* previous = nullptr;
  // For a blocked thread: what it waits for, and how often that was checked.
  signals::FutexWait wait;
  uint32_t looks = 0;
};

// A FIFO. Context: the worker, preemption off.
class LockUserQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  LockUser* first() const { return first_; }

  // Appends a user that is in no queue.
  void PushBack(LockUser& user);
  // Removes a user from this queue.
  void Remove(LockUser& user);
  // Removes all users but this task's.
  void KeepOnly(const Task* task);

 private:
  LockUser* first_ = nullptr;
  LockUser* last_ = nullptr;
};

struct LockHolders {
  LockUserQueue inside;
  LockUserQueue blocked;
  Task* running = nullptr;
  // For `running`: the OS thread's CPU clock when its turn began, and how often
  // it was seen in a library since.
  int64_t began_ns = 0;
  uint32_t looks_in_library = 0;
  // The first jiffy at which to check the futex words of `blocked` again.
  uint64_t next_look = 0;
  // Number of checks that the timer still has to make.
  uint32_t looks_left = 0;

  bool busy() const {
    // One branch, since each tick asks.
    return (reinterpret_cast<uintptr_t>(running) |
            reinterpret_cast<uintptr_t>(inside.first()) |
            reinterpret_cast<uintptr_t>(blocked.first())) != 0;
  }
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_LOCK_HOLDERS_H_
