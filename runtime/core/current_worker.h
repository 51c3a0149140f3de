// The caller's worker, and whether the caller is a green thread.
#ifndef JIFFY_RUNTIME_CORE_CURRENT_WORKER_H_
#define JIFFY_RUNTIME_CORE_CURRENT_WORKER_H_

#include <cstdint>

#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "signals/preempt.h"

namespace jiffy::internal {

// Returns the worker of the calling green thread, or nullptr.
inline Worker* CurrentWorker() {
  return static_cast<Worker*>(signals::task_frame.head.cpu);
}

// Returns the worker of the calling context, which must have one.
inline Worker& ThisWorker() {
  return static_cast<Worker&>(*signals::task_frame.head.cpu);
}

// Yields the calling green thread or OS thread.
void YieldCurrent();

// Parks the calling green thread until `due_ns` (signals::MonotonicNs).
// Switches: yes.
void SleepUntil(int64_t due_ns);

// Returns whether the caller is a green thread (not a worker's idle loop).
inline bool InGreenThread() {
  const Task* task = CurrentTask();
  return task != nullptr && task->completion != nullptr;
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_CURRENT_WORKER_H_
