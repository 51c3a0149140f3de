// What valgrind is told of green threads' stacks (./jiffy test --config
// valgrind). Include signals/sanitizer.h instead.
//
// Memcheck keeps for each byte whether it may be read and whether it was ever
// written. It follows the stack pointer: what that leaves behind may not be
// read any more. So it must know a switch of stacks from a stack that grew, and
// that the top of a stack is handed to its next thread.
//
// A request to valgrind is a few instructions that do nothing elsewhere.
#ifndef JIFFY_SIGNALS_VALGRIND_H_
#define JIFFY_SIGNALS_VALGRIND_H_

#include <valgrind/memcheck.h>

#include <cstdint>

#include "signals/preempt.h"

namespace jiffy::signals {

inline constexpr bool kValgrind = true;

// Ticks, and deferrals of ticks, are no shorter: the handler takes so long
// there that the next would be due when it returns. What it interrupts would
// not get on, as valgrind delivers a signal before each system call.
inline constexpr int64_t kShortestTickNs = 2'000'000;
inline constexpr int64_t kShortestDeferNs = 1'000'000;

// Tells of a new stack, which stays for the life of the process; with its end,
// which is where the stack pointer of an empty one is.
inline void NoteStack(const TaskHead& task) {
  (void)VALGRIND_STACK_REGISTER(task.stack_low, task.stack_high);
}

// Forgets what the last thread left on a stack.
inline void ReuseStack(const TaskHead& task) {
  (void)VALGRIND_MAKE_MEM_UNDEFINED(task.stack_low,
                                    task.stack_high - task.stack_low);
}

// Nothing is reported of the calling OS thread while this is in scope: for code
// that reads or clears what other frames have, or had, on a stack. If the green
// thread is preempted meanwhile, nothing is reported of the others until it
// goes on.
class UncheckedAccess {
 public:
  UncheckedAccess() { VALGRIND_DISABLE_ERROR_REPORTING; }
  ~UncheckedAccess() { VALGRIND_ENABLE_ERROR_REPORTING; }
  UncheckedAccess(const UncheckedAccess&) = delete;
  UncheckedAccess& operator=(const UncheckedAccess&) = delete;
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_VALGRIND_H_
