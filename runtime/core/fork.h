// Fork: the child has only the thread that forked.
//
// Handlers of pthread_atfork ensure this. They are registered when the program
// starts, before those of the program's own code. So they are the innermost:
// the last before the process is copied, the first in the child. Nothing can
// switch between the copy and these handlers: the child has no timers, and its
// thread has kept preemption off since before the copy (as jiffy::NoPreempt
// does, so that fork can wait for a lock of libc whose holder was preempted).
//
//   who forks             what the child has
//   a green thread        the run, with that thread alone
//   the idle loop, by a   the run, with no thread: it ends
//   program's handler
//   another OS thread     no run; it may begin one
//
// _Fork, vfork, the raw system calls and posix_spawn run no handlers. Their
// children get no ticks, so they run no other thread either, as long as they do
// only what POSIX allows: call async-signal-safe functions.
#ifndef JIFFY_RUNTIME_CORE_FORK_H_
#define JIFFY_RUNTIME_CORE_FORK_H_

#include <cstdint>

#include "runtime/core/completion.h"

namespace jiffy::internal {

struct Task;

// The fork that made this process, if a thread or the idle loop of the worker
// forked.
struct ForkOrigin {
  bool happened = false;
  // Id of the thread that forked; 0 for the idle loop.
  uint64_t id = 0;
  ThreadName thread = {};
  // The thread that forked, until the others are left behind.
  Task* pending = nullptr;
};

// Returns 0, or the errno of the failed registration of the handlers.
int ForkHandlersError();

// Returns a number that differs between a child and its parent. Context:
// anywhere.
uint32_t ForkGeneration();

// Returns whether another OS thread has a run under way. Context: any thread.
bool AnotherThreadRuns();
// Removes such a run from the process, except memory that its threads may refer
// to. Context: the child of a fork, OS thread.
void ForgetRunAfterFork();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_FORK_H_
