// Who holds what a thread waits for, for a dump.
#ifndef JIFFY_RUNTIME_HOLDER_H_
#define JIFFY_RUNTIME_HOLDER_H_

#include "runtime/task.h"
#include "runtime/worker.h"

namespace jiffy::internal {

struct Holder {
  // Whether anybody is known to hold it.
  bool held = false;
  // nullptr: an OS thread.
  const Task* thread = nullptr;
};

// Notes which threads have which of libc's ids, as the owner of a mutex of libc
// is told by that; one pass, if a thread waits for such a mutex at all. Faults
// if a control block is corrupt: call it under a guard. `worker` is a const
// Worker*. Context: one dump at a time. Async-signal-safe.
void NoteLibcIds(void* worker);

// Returns who holds what the task waits for, as far as that has one holder.
// Faults if that is corrupt: call it under a guard. Context: after NoteLibcIds,
// in the same dump. Async-signal-safe.
Holder HolderOf(const Task& task, const Worker& worker);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_HOLDER_H_
