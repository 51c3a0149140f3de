// i386: the trap flag. Include tests/arch/single_step.h instead.
#ifndef JIFFY_TESTS_ARCH_I386_SINGLE_STEP_H_
#define JIFFY_TESTS_ARCH_I386_SINGLE_STEP_H_

#include <ucontext.h>

namespace jiffy::arch {

// The flags belong to the machine, not to a context: stepping goes on through
// every switch.
inline void StartSingleStep() {
  asm volatile("pushfl\n\torl $0x100, (%%esp)\n\tpopfl" : : : "memory", "cc");
}

inline void StopSingleStep() {
  asm volatile("pushfl\n\tandl $~0x100, (%%esp)\n\tpopfl" : : : "memory", "cc");
}

inline void EndSingleStep(ucontext_t* uc) {
  constexpr greg_t kTrapFlag = 0x100;
  uc->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
}

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_I386_SINGLE_STEP_H_
