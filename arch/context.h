// Machine-dependent code of a task: saves it, starts it, switches to it.
//
// Every architecture folder provides in its context.h, namespace jiffy::arch:
//
//   struct Context            registers of a suspended task; trivial, zeroed
//                             is valid; holds at least
//                               void* sp              stack pointer
//                               void* thread_pointer  of its libc thread block
//                               ContextEntry entry    see below
//   InitContext()             makes a context that starts a new task
//   kStackAlignment           of the stack pointer that it starts with
//   LacksUserThreadPointer()  why user code may not set the thread pointer, or
//                             nullptr if it may
//   ThreadPointer(), SetThreadPointer()
//                             the thread pointer
//   InitTcbHead(), TcbDtv()   the ABI's fixed head of a thread block
//   TcbStackGuard()           its stack guard, and
//   kOwnStackGuard            whether that is its own or the process's
//   InterruptedPc(), InterruptedSp()
//                             from the signal's frame
//   LeafReturnAddress()
//   AtSystemCall()            whether a system call is restarted from there
//   InterruptedCall()         which one, and its arguments
//   AfterSystemCall()         whether a system call has returned there
//   EndedSystemCall()         whether a system call has returned EINTR there
//
// and in its switch.S the two switches declared here. docs/porting.md says in
// which order to write them and which test covers each.
#ifndef JIFFY_ARCH_CONTEXT_H_
#define JIFFY_ARCH_CONTEXT_H_

#if defined(__x86_64__)
#include "arch/x86_64/context.h"
#elif defined(__aarch64__)
#include "arch/aarch64/context.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "arch/riscv64/context.h"
#elif defined(__i386__)
#include "arch/i386/context.h"
#else
#error \
    "jiffy has no context switch for this architecture yet: see docs/porting.md"
#endif

namespace jiffy::arch {

extern "C" {

// Suspends the caller into `from` and resumes `to`, with its thread pointer.
// Returns when another switch resumes `from`. Saves the registers that the ABI
// makes the callee save, and the floating-point control words.
//
// If `to->entry` is set, `to` is new: the switch clears the field and calls
// `entry` on the new stack. `entry` returns the context to resume next; its own
// context is then dead.
//
// Context: anywhere, with preemption off. Switches: yes.
void jiffy_switch(Context* from, Context* to);

// The same, but keeps the thread pointer: for tasks that share the thread block
// of their OS thread.
void jiffy_switch_shared(Context* from, Context* to);

}  // extern "C"

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_CONTEXT_H_
