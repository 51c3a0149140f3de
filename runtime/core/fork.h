// Fork: the child has the thread that forked, and no other.
//
// Handlers of pthread_atfork see to that. They are registered when the program
// starts, before those of the program's own code, so they are the innermost:
// the last before the process is copied, and the first in the child. Between
// the copying and them nothing can switch: the child has no timers, and its
// thread holds preemption off from before (as jiffy::NoPreempt does, so that
// fork can wait for a lock of libc's whose holder was preempted).
//
//   who forks             what the child has
//   a green thread        the run, with that thread alone
//   the idle loop, by a   the run, with no thread: it ends
//   program's handler
//   another OS thread     no run; it may begin one
//
// _Fork, vfork and the bare system calls run no handlers, nor does posix_spawn.
// Their children run nobody else either, since they get no ticks, as long as
// they do no more than POSIX lets them: call async-signal-safe functions.
#ifndef JIFFY_RUNTIME_CORE_FORK_H_
#define JIFFY_RUNTIME_CORE_FORK_H_

#include <cstdint>

#include "runtime/core/completion.h"

namespace jiffy::internal {

struct Task;

// The fork that made this process, as a worker knows it whose thread or idle
// loop forked.
struct ForkOrigin {
  bool happened = false;
  // Who forked; 0 if it was the idle loop.
  uint64_t id = 0;
  ThreadName thread = {};
  // The same, until the others are left behind.
  Task* pending = nullptr;
};

// Returns 0, or why the handlers could not be registered, an errno.
int ForkHandlersError();

// Returns a number that is another one in the child than in its parent.
// Context: anywhere.
uint32_t ForkGeneration();

// Whether a run is under way whose OS thread is not the calling one. Context:
// any thread.
bool AnotherThreadRuns();
// Ends what there is of such a run in the process, but for memory that its
// threads may refer to. Context: the child of a fork, OS thread.
void ForgetRunAfterFork();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_FORK_H_
