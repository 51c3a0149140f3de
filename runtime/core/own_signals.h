// A green thread's own signal mask and alternate stack.
//
// To the kernel both belong to the OS thread, which is the worker. Most green
// threads have what the worker had when its run began (Cpu::plain_mask); those
// that may have something else are marked (TaskHead::signal_flags), and only
// for them does a switch change the kernel's.
//
// The invariants:
// 1. While a green thread runs, outside of the runtime's own code, the kernel
//    has that thread's mask and alternate stack.
// 2. A marked thread that switches away by itself reads both from the kernel,
//    which alone knows them exactly: a handler of the program's may have been
//    entered, or left by a jump. So a mark may be wrong in one direction only:
//    it stays too long, until the next such switch finds nothing of its own.
// 3. A preempted thread's are in its signal frame, and rt_sigreturn puts them
//    back.
// 4. Between two threads of which one is marked, all signals are blocked but
//    faults: no handler runs with one thread's mask on the other's stack.
// 5. The tick's signal is in nobody's mask. (A thread that holds IrqSave blocks
//    it, by a mark of its own.)
// 6. An idle worker blocks what all its threads block: a signal that a thread
//    would take is taken, one that none would take stays pending. A marked
//    thread that was preempted counts as one that blocks all signals, since its
//    frame is not read. It is there while the worker trims stacks, or while the
//    policy holds the thread back; signals may come late then, but not early.
//
// Marks are set by the interposed functions (own_signals.cc), by the entry of
// the program's handlers (interpose/handler.cc), and by a tick that finds
// another mask, which the thread got by a system call of its own or by a jump.
#ifndef JIFFY_RUNTIME_CORE_OWN_SIGNALS_H_
#define JIFFY_RUNTIME_CORE_OWN_SIGNALS_H_

#include <signal.h>

#include <cstdint>

namespace jiffy::internal {

// What a marked thread has while it is switched away from.
struct OwnSignals {
  // If kOwnMask: the mask, without the tick's signal. Of a preempted thread all
  // signals but that and faults.
  uint64_t mask;
  // If kOwnAlternateStack.
  stack_t alternate_stack;
};

// Makes the linker take own_signals.cc in, and with it the functions there.
void LinkOwnSignals();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_OWN_SIGNALS_H_
