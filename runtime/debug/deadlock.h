// Detects and describes deadlocks.
#ifndef JIFFY_RUNTIME_DEBUG_DEADLOCK_H_
#define JIFFY_RUNTIME_DEBUG_DEADLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/core/task.h"

namespace jiffy::internal {

// Returns whether an OS thread could end the wait of one of the tasks linked by
// all_next. All of them are blocked, without a time limit.
// Context: idle loop; allocates nothing.
bool MayBeWokenFromOutside(const Task* all);

// Returns whether the program handles a signal that may come from outside: the
// handler could end such a wait. Ignores faults and the runtime's own signals,
// the tick's and the dump's. Context: idle loop.
bool HandlesSignals(int tick_signal, int dump_signal);

// The state that a deadlock report is about.
struct DeadlockScene {
  // All live threads, linked by all_next; all wait and nothing can wake them.
  const Task* all = nullptr;
  uint64_t live = 0;
  std::string_view scheduler;
  // The present jiffy, and the length of a tick.
  uint64_t jiffies = 0;
  int64_t tick_ns = 0;
};

// Returns a report: who waits for what, held by whom, since when. Names the
// cycle if threads wait for each other.
std::string DescribeDeadlock(const DeadlockScene& scene);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_DEADLOCK_H_
