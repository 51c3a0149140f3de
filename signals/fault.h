// Stack overflow, and the name of the task in the message.
//
// A task that runs off its stack touches the guard page below it and gets
// SIGSEGV. The handler runs on an alternate stack of its OS thread, prints
// which task overflowed how large a stack, a backtrace, and lets the default
// action follow. The kernel says nothing of the address when it was a signal
// frame that did not fit; then the interrupted stack pointer tells.
//
// Any other fault gets what the program's own action says, the one that was
// there before, as the kernel would have done it: the handler runs with its own
// mask, SA_NODEFER and SA_RESETHAND, and may leave by a jump. Two differences
// are left:
//
//   - the tick's signal stays unblocked even if sa_mask has it, or a jump out
//     of the handler would end preemption for good;
//   - it runs on the alternate stack of the OS thread, with SA_ONSTACK or
//     without, since only there the runtime can tell of overflows. All tasks of
//     the OS thread share that stack, so the handler is not preempted.
//
// A program that installs its handler while a run is under way replaces this
// one: the kernel calls it directly, overflows included, and it stays after the
// run.
#ifndef JIFFY_SIGNALS_FAULT_H_
#define JIFFY_SIGNALS_FAULT_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace jiffy::signals {

// The stack that a fault is to be judged by.
struct FaultStack {
  // The task's usable stack, and the guard below it.
  uintptr_t low = 0;
  uintptr_t high = 0;
  size_t guard_size = 0;
  // For the message. `size` is what the task asked for, rounded up.
  size_t size = 0;
  char task_name[48] = {};
  uint64_t task_id = 0;
};

// Tells the current task's stack. Returns false outside of tasks with a stack
// of ours. Async-signal-safe.
using FaultStackFunction = bool (*)(FaultStack* stack);

// Installs the SIGSEGV and SIGBUS handlers, process-wide; faults that are no
// overflow go to the ones that were there. One installation at a time.
absl::Status InstallFaultHandler(FaultStackFunction current_stack);
void RemoveFaultHandler();

// Calls function(argument). Returns false if that touched memory that is not
// there: it was left in the middle then, so it should own nothing. For looking
// at what may be corrupt. One caller at a time; SIGSEGV and SIGBUS must not be
// blocked. Guards only where the fault handler is installed. Async-signal-safe.
bool CallGuarded(void (*function)(void* argument), void* argument);

// Gives the calling OS thread an alternate signal stack while in scope, unless
// it has one.
class AlternateStack {
 public:
  AlternateStack();
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_ = nullptr;
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_FAULT_H_
