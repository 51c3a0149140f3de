// Unwinds suspended tasks, on the target architecture.
#if defined(__x86_64__)
#include "arch/x86_64/suspended.S"
#elif defined(__aarch64__)
#include "arch/aarch64/suspended.S"
#elif defined(__riscv) && __riscv_xlen == 64
#include "arch/riscv64/suspended.S"
#elif defined(__i386__)
#include "arch/i386/suspended.S"
#endif
