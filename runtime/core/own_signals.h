// A green thread's own signal mask and alternate stack.
//
// To the kernel, both belong to the OS thread, which is the worker. Most green
// threads have the values that the worker had when its run began
// (Cpu::plain_mask). Threads that may have other values are marked
// (TaskHead::signal_flags); only for them does a switch change the kernel's
// values.
//
// The invariants:
// 1. While a green thread runs outside the runtime's own code, the kernel has
//    that thread's mask and alternate stack.
// 2. A marked thread that switches away by itself reads both from the kernel.
//    Only the kernel knows them exactly: the thread may have entered a handler
//    of the program, or left one by a jump. So a mark can be wrong in one
//    direction only: it stays too long, until the next such switch finds the
//    worker's values.
// 3. A preempted thread's values are in its signal frame; rt_sigreturn restores
//    them.
// 4. During a switch to or from a marked thread, all signals but faults are
//    blocked: no handler runs with one thread's mask on the other's stack.
// 5. No thread's mask contains the tick's signal. (A thread that holds IrqSave
//    blocks it, through a separate mark.)
// 6. An idle worker blocks the signals that all its threads block: a signal
//    that a thread would take is taken; one that none would take stays pending.
//    A marked thread that was preempted counts as blocking all signals, since
//    its frame is not read. This happens while the worker trims stacks, or
//    while the policy holds the thread back; signals may come late then, but
//    not early.
//
// Marks are set by the interposed functions (own_signals.cc), by the entry of
// the program's handlers (interpose/handler.cc), and by a tick that finds
// another mask, which the thread set by a raw system call or by a jump.
#ifndef JIFFY_RUNTIME_CORE_OWN_SIGNALS_H_
#define JIFFY_RUNTIME_CORE_OWN_SIGNALS_H_

#include <signal.h>

#include <cstdint>

namespace jiffy::internal {

// The values of a marked thread while it is switched out.
struct OwnSignals {
  // If kOwnMask: the mask, without the tick's signal. For a preempted thread:
  // all signals but the tick's and faults.
  uint64_t mask;
  // If kOwnAlternateStack: the stack.
  stack_t alternate_stack;
};

// Makes the linker include own_signals.cc and its interposed functions.
void LinkOwnSignals();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_OWN_SIGNALS_H_
