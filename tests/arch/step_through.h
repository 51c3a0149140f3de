// Observes a piece of code at each of its instructions as it runs, in this
// process, without a debugger.
//
// Uses single steps where a program can make itself take them, else breakpoints
// at all instructions: one that is hit is removed, and put back at the next.
#ifndef JIFFY_TESTS_ARCH_STEP_THROUGH_H_
#define JIFFY_TESTS_ARCH_STEP_THROUGH_H_

#include <signal.h>

#include <cstdint>

namespace jiffy::arch {

// The addresses of a piece of code; all of it is instructions.
struct Code {
  uintptr_t begin;
  uintptr_t end;
};

// Calls run(argument). Before each instruction of `code` that runs on this OS
// thread, calls look() in a handler of SIGTRAP, on a stack of its own. May call
// look() before other instructions, too. No jump in `code` may lead to itself.
void StepThrough(const Code& code, void (*look)(int, siginfo_t*, void*),
                 void (*run)(void*), void* argument);

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_STEP_THROUGH_H_
