// Who waits for whom when nothing runs any more.
#ifndef JIFFY_RUNTIME_DEBUG_DEADLOCK_H_
#define JIFFY_RUNTIME_DEBUG_DEADLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/core/task.h"

namespace jiffy::internal {

// Whether an OS thread could end the wait of one of the tasks listed through
// all_next. All of them are blocked, without a time limit.
// Context: idle loop; allocates nothing.
bool MayBeWokenFromOutside(const Task* all);

// Whether the program handles a signal that may come from outside: the handler
// could end such a wait. Not those of faults, nor the runtime's own, the tick's
// and the dump's. Context: idle loop.
bool HandlesSignals(int tick_signal, int dump_signal);

// The state that a deadlock report is about.
struct DeadlockScene {
  // All live threads, through all_next; all wait and nothing can wake them.
  const Task* all = nullptr;
  uint64_t live = 0;
  std::string_view scheduler;
  // Now, and how long a tick is.
  uint64_t jiffies = 0;
  int64_t tick_ns = 0;
};

// Returns who waits for what, held by whom, since when. Names the cycle if
// threads wait for each other in one.
std::string DescribeDeadlock(const DeadlockScene& scene);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_DEADLOCK_H_
