// Offsets of riscv64's Context, for assembly and C++; context.h asserts each
// one.
#ifndef JIFFY_ARCH_RISCV64_OFFSETS_H_
#define JIFFY_ARCH_RISCV64_OFFSETS_H_

#define JIFFY_CONTEXT_SP 0
#define JIFFY_CONTEXT_THREAD_POINTER 8
#define JIFFY_CONTEXT_FCSR 16
#define JIFFY_CONTEXT_ENTRY 24
#define JIFFY_CONTEXT_SIZE 32

#endif  // JIFFY_ARCH_RISCV64_OFFSETS_H_
