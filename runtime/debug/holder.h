// Finds who holds what a thread waits for, for a dump.
#ifndef JIFFY_RUNTIME_DEBUG_HOLDER_H_
#define JIFFY_RUNTIME_DEBUG_HOLDER_H_

#include <cstdint>

#include "runtime/core/task.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {

struct Holder {
  enum class Kind : uint8_t { kUnknown, kThread, kOsThread, kEnded };
  Kind kind = Kind::kUnknown;
  // The green thread, if the holder is one that lives.
  const Task* thread = nullptr;
};

// Returns the libc id (libc/thread_id.h) of the holder of the libc lock that
// the task waits for; 0 if it waits for none, or if libc does not record the
// holder. Faults if the lock is corrupt: call it under a guard.
// Async-signal-safe.
int LibcOwnerOf(const Task& task);

// Maps libc ids to threads, since libc records the owner of a lock by id; one
// pass, only if a thread waits for such a lock. Faults if a control block is
// corrupt: call it under a guard. `worker` is a const Worker*. Context: one
// dump at a time. Async-signal-safe.
void NoteLibcIds(void* worker);

// Returns who holds the object that the task waits for, if it has a single
// holder. Faults if the object is corrupt: call it under a guard. Context:
// after NoteLibcIds, in the same dump. Async-signal-safe.
Holder HolderOf(const Task& task, const Worker& worker);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_HOLDER_H_
