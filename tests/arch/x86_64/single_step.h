// x86-64: the trap flag. Include tests/arch/single_step.h instead.
#ifndef JIFFY_TESTS_ARCH_X86_64_SINGLE_STEP_H_
#define JIFFY_TESTS_ARCH_X86_64_SINGLE_STEP_H_

#include <ucontext.h>

namespace jiffy::arch {

// The flags belong to the machine, not to a context: stepping goes on through
// every switch. (The stack pointer skips the red zone.)
inline void StartSingleStep() {
  asm volatile(
      "leaq -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "orl $0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "leaq 128(%%rsp), %%rsp"
      :
      :
      : "memory", "cc");
}

inline void StopSingleStep() {
  asm volatile(
      "leaq -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "andl $~0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "leaq 128(%%rsp), %%rsp"
      :
      :
      : "memory", "cc");
}

inline void EndSingleStep(ucontext_t* uc) {
  constexpr greg_t kTrapFlag = 0x100;
  uc->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
}

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_X86_64_SINGLE_STEP_H_
