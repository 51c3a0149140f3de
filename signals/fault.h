// Detects stack overflow and names the task in the message.
//
// A task that overflows its stack touches the guard page below it and gets
// SIGSEGV. The handler runs on an alternate stack of its OS thread, prints the
// task, its stack size and a backtrace, and lets the default action follow. If
// a signal frame did not fit, the kernel gives no address; the handler then
// checks the interrupted stack pointer.
//
// Any other fault gets the action that the program had installed before,
// carried out as the kernel would: the handler runs with its own mask,
// SA_NODEFER and SA_RESETHAND, and may leave by a jump. Two differences remain:
//
//   - the tick's signal stays unblocked even if sa_mask has it: otherwise a
//     jump out of the handler would end preemption for good;
//   - it runs on the OS thread's alternate stack, with SA_ONSTACK or without,
//     since only there the runtime can report overflows. All tasks of the OS
//     thread share that stack, so the handler is not preempted.
//
// A program that installs its handler during a run replaces this one: the
// kernel calls the program's handler directly, for overflows too, and it stays
// installed after the run.
#ifndef JIFFY_SIGNALS_FAULT_H_
#define JIFFY_SIGNALS_FAULT_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace jiffy::signals {

// The stack that decides whether a fault is an overflow.
struct FaultStack {
  // The task's usable stack, and the guard below it.
  uintptr_t low = 0;
  uintptr_t high = 0;
  size_t guard_size = 0;
  // For the message. `size` is the requested size, rounded up.
  size_t size = 0;
  char task_name[48] = {};
  uint64_t task_id = 0;
};

// Stores the current task's stack. Returns false if the caller does not run in
// a task with a stack of ours. Async-signal-safe.
using FaultStackFunction = bool (*)(FaultStack* stack);

// Installs the SIGSEGV and SIGBUS handlers, process-wide. Faults that are no
// overflow go to the previous handlers. One installation at a time.
absl::Status InstallFaultHandler(FaultStackFunction current_stack);
void RemoveFaultHandler();

// Calls function(argument), which may read corrupt data. Returns false if it
// touched unmapped memory: it was then abandoned midway, so it should own
// nothing. One caller at a time; SIGSEGV and SIGBUS must not be blocked. Guards
// only if the fault handler is installed. Async-signal-safe.
bool CallGuarded(void (*function)(void* argument), void* argument);

// Gives the calling OS thread an alternate signal stack while in scope, unless
// it already has one.
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
