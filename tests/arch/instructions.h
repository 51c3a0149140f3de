// A few instructions of the machine, as they lie in memory.
//
// Every architecture folder provides in its instructions.h, namespace
// jiffy::arch:
//
//   kSystemCall     a system call
//   kNoSystemCall   another instruction, as similar as possible
//
// and, where there is no single_step.h (step_through.h tells more):
//
//   kBreakpoint     what raises SIGTRAP and leaves the program counter there;
//   no
//                   longer than any instruction
//   InstructionSize()
#ifndef JIFFY_TESTS_ARCH_INSTRUCTIONS_H_
#define JIFFY_TESTS_ARCH_INSTRUCTIONS_H_

#if defined(__x86_64__)
#include "tests/arch/x86_64/instructions.h"
#elif defined(__aarch64__)
#include "tests/arch/aarch64/instructions.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "tests/arch/riscv64/instructions.h"
#elif defined(__i386__)
#include "tests/arch/i386/instructions.h"
#else
#error "no instructions for this architecture yet"
#endif

#endif  // JIFFY_TESTS_ARCH_INSTRUCTIONS_H_
