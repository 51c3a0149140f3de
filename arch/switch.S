// The context switch of the target architecture.
#if defined(__x86_64__)
#include "arch/x86_64/switch.S"
#elif defined(__aarch64__)
#include "arch/aarch64/switch.S"
#elif defined(__riscv) && __riscv_xlen == 64
#include "arch/riscv64/switch.S"
#elif defined(__i386__)
#include "arch/i386/switch.S"
#endif
