// Lock holders first: what a worker does about locks that it does not know of,
// libc's and other libraries'.
//
// A thread that is preempted while it holds such a lock (malloc's, a FILE's)
// stands somewhere in the policy's queue. Each thread before it that wants the
// lock waits for it in the kernel, and the worker with it, until the next tick:
// with a hundred thousand threads, for ever. So
//
//   inside    a thread that was preempted in a library may hold a lock. It is
//             noted here, and stays in the policy's queue;
//   blocked   a thread that a tick finds in a futex wait waits for a lock. The
//             policy is told that it blocked. It becomes runnable when the word
//             has changed;
//   running   when a thread is found to wait, those inside run before anybody
//             of the policy's choice, longest ago first, each until it leaves
//             the library, or for 100 ms of CPU time in libc, 2 ms in another
//             library; then it is the policy's turn. To the policy it is away
//             meanwhile.
//
// That is priority inheritance without knowing the owner. While somebody is
// inside libc, a one-shot timer looks whether the worker sleeps in the kernel:
// 50 us after a switch at first, then less and less often. Ticks are put off in
// libc (signals/deferral.h), so that few threads ever are inside.
#ifndef JIFFY_RUNTIME_CORE_LOCK_HOLDERS_H_
#define JIFFY_RUNTIME_CORE_LOCK_HOLDERS_H_

#include <cstdint>

#include "runtime/core/task.h"
#include "signals/interrupted.h"

namespace jiffy::internal {

class LockUserQueue;

// A thread in such a queue; on its own stack, in the handler that switched away
// from it.
struct LockUser {
  explicit LockUser(Task& owner) : task(&owner) {}

  Task* const task;
  // The queue that it is in, or nullptr.
  LockUserQueue* queue = nullptr;
  LockUser* next = nullptr;
  LockUser* previous = nullptr;
  // Of a blocked one, what it waits for, and how often that was looked at.
  signals::FutexWait wait;
  uint32_t looks = 0;
};

// In the order of their coming. Context: the worker, preemption off.
class LockUserQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  LockUser* first() const { return first_; }

  // Appends one that is in no queue.
  void PushBack(LockUser& user);
  // Takes one off this queue.
  void Remove(LockUser& user);
  // Takes all but this task off it.
  void KeepOnly(const Task* task);

 private:
  LockUser* first_ = nullptr;
  LockUser* last_ = nullptr;
};

struct LockHolders {
  LockUserQueue inside;
  LockUserQueue blocked;
  Task* running = nullptr;
  // Of `running`: the CPU clock of the OS thread when it began, and how often
  // it was seen in a library since.
  int64_t began_ns = 0;
  uint32_t looks_in_library = 0;
  // The jiffy from which on the blocked ones' words are looked at again.
  uint64_t next_look = 0;
  // How often the timer is still to look.
  uint32_t looks_left = 0;

  bool busy() const {
    // One branch: each tick asks.
    return (reinterpret_cast<uintptr_t>(running) |
            reinterpret_cast<uintptr_t>(inside.first()) |
            reinterpret_cast<uintptr_t>(blocked.first())) != 0;
  }
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_LOCK_HOLDERS_H_
