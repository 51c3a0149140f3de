// Tells valgrind about green threads' stacks (./jiffy test --config valgrind).
// Include signals/sanitizer.h instead.
//
// Memcheck records for each byte whether it may be read and whether it was ever
// written. It follows the stack pointer: memory below it may not be read any
// more. So Memcheck must be able to tell a switch of stacks from growth of a
// stack, and must learn when the top of a stack goes to its next thread.
//
// A request to valgrind is a few instructions that do nothing elsewhere.
#ifndef JIFFY_SIGNALS_VALGRIND_H_
#define JIFFY_SIGNALS_VALGRIND_H_

#include <valgrind/memcheck.h>

#include <cstdint>

#include "signals/preempt.h"

namespace jiffy::signals {

inline constexpr bool kValgrind = true;

// Lower bounds for ticks and deferrals. Under valgrind the handler is so slow
// that a shorter tick would be due again when it returns. The interrupted code
// would make no progress, since valgrind delivers a signal before each system
// call.
inline constexpr int64_t kShortestTickNs = 2'000'000;
inline constexpr int64_t kShortestDeferNs = 1'000'000;

// Registers a new stack, which stays for the life of the process. The range
// includes the end, where an empty stack's SP is.
inline void NoteStack(const TaskHead& task) {
  (void)VALGRIND_STACK_REGISTER(task.stack_low, task.stack_high);
}

// Forgets what the last thread left on a stack.
inline void ReuseStack(const TaskHead& task) {
  (void)VALGRIND_MAKE_MEM_UNDEFINED(task.stack_low,
                                    task.stack_high - task.stack_low);
}

// Disables error reports for the calling OS thread while in scope: for code
// that reads or clears other frames, past or present, on a stack. If the green
// thread is preempted meanwhile, errors of other threads are not reported until
// it resumes.
class UncheckedAccess {
 public:
  UncheckedAccess() { VALGRIND_DISABLE_ERROR_REPORTING; }
  ~UncheckedAccess() { VALGRIND_ENABLE_ERROR_REPORTING; }
  UncheckedAccess(const UncheckedAccess&) = delete;
  UncheckedAccess& operator=(const UncheckedAccess&) = delete;
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_VALGRIND_H_
