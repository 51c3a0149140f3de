// Who holds what a thread waits for, for a dump.
#ifndef JIFFY_RUNTIME_DEBUG_HOLDER_H_
#define JIFFY_RUNTIME_DEBUG_HOLDER_H_

#include <cstdint>

#include "runtime/core/task.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {

struct Holder {
  enum class Kind : uint8_t { kUnknown, kThread, kOsThread, kEnded };
  Kind kind = Kind::kUnknown;
  // The green thread, if it is one that lives.
  const Task* thread = nullptr;
};

// Returns the libc id (libc/thread_id.h) of who holds the lock of libc's that
// the task waits for; 0 if it waits for none, or if libc does not tell. Faults
// if the lock is corrupt: call it under a guard. Async-signal-safe.
int LibcOwnerOf(const Task& task);

// Notes which threads have which of libc's ids, as the owner of a lock of
// libc's is told by that; one pass, if a thread waits for such a lock at all.
// Faults if a control block is corrupt: call it under a guard. `worker` is a
// const Worker*. Context: one dump at a time. Async-signal-safe.
void NoteLibcIds(void* worker);

// Returns who holds what the task waits for, as far as that has one holder.
// Faults if that is corrupt: call it under a guard. Context: after NoteLibcIds,
// in the same dump. Async-signal-safe.
Holder HolderOf(const Task& task, const Worker& worker);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_HOLDER_H_
