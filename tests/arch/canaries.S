// The canaries of the architecture that is compiled for.
#if defined(__x86_64__)
#include "tests/arch/x86_64/canaries.S"
#elif defined(__aarch64__)
#include "tests/arch/aarch64/canaries.S"
#elif defined(__riscv) && __riscv_xlen == 64
#include "tests/arch/riscv64/canaries.S"
#elif defined(__i386__)
#include "tests/arch/i386/canaries.S"
#endif
