// Looks at a piece of code at each of its instructions as it runs, in this
// process, without a debugger.
//
// By single steps where a program can make itself take them, else by
// breakpoints in all of the code: one that is hit is taken out and put back at
// the next.
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

// Calls run(argument), and look() in a handler of SIGTRAP, on a stack of its
// own, before each instruction of `code` that runs on this OS thread. May call
// it before others too. No jump in `code` may lead to itself.
void StepThrough(const Code& code, void (*look)(int, siginfo_t*, void*),
                 void (*run)(void*), void* argument);

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_STEP_THROUGH_H_
