// Known values in every register that a switch must keep.
//
// Every architecture folder provides in its canaries.h, namespace jiffy::arch:
//
//   struct Registers          callee-saved registers, floating-point control
//                             words included; comparable with ==, printable
//   SomeRegisters(seed)       valid values, different in each register and for
//                             each seed
//   CurrentFpControl()        the floating-point control words in force
//   SetFpControl()            sets them
//   NewFpControl()            those that a new program starts with
//   kDwarfNumbers             DWARF numbers of the word-sized registers with
//                             which Registers begins, in its order
//   kSavedFramePointer        where a frame keeps its caller's frame pointer
//
// and in its canaries.S the function declared here.
#ifndef JIFFY_TESTS_ARCH_CANARIES_H_
#define JIFFY_TESTS_ARCH_CANARIES_H_

#include "arch/context.h"

#if defined(__x86_64__)
#include "tests/arch/x86_64/canaries.h"
#elif defined(__aarch64__)
#include "tests/arch/aarch64/canaries.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "tests/arch/riscv64/canaries.h"
#elif defined(__i386__)
#include "tests/arch/i386/canaries.h"
#else
#error "no canaries for this architecture yet"
#endif

namespace jiffy::arch {

extern "C" {

// Loads the registers from `before`, calls switch_to(from, to), and stores the
// register values to `after` when the call returns.
// returns, stores what they hold to `after`.
void jiffy_test_switch_with_canaries(const Registers* before, Registers* after,
                                     void (*switch_to)(Context*, Context*),
                                     Context* from, Context* to);

}  // extern "C"

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_CANARIES_H_
