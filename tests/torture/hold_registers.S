// The register files of the architecture that is compiled for.
#if defined(__x86_64__)
#include "tests/torture/x86_64/hold_registers.S"
#elif defined(__aarch64__)
#include "tests/torture/aarch64/hold_registers.S"
#elif defined(__riscv) && __riscv_xlen == 64
#include "tests/torture/riscv64/hold_registers.S"
#elif defined(__i386__)
#include "tests/torture/i386/hold_registers.S"
#endif
