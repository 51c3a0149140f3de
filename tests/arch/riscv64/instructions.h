// riscv64. Include tests/arch/instructions.h instead.
#ifndef JIFFY_TESTS_ARCH_RISCV64_INSTRUCTIONS_H_
#define JIFFY_TESTS_ARCH_RISCV64_INSTRUCTIONS_H_

#include <cstddef>
#include <cstdint>

namespace jiffy::arch {

alignas(4) inline constexpr unsigned char kSystemCall[] = {0x73, 0x00, 0x00,
                                                           0x00};  // ecall
alignas(4) inline constexpr unsigned char kNoSystemCall[] = {0x73, 0x00, 0x10,
                                                             0x00};  // ebreak
// The compressed form: it fits in the place of any instruction.
inline constexpr unsigned char kBreakpoint[] = {0x02, 0x90};  // c.ebreak

// Returns the size in bytes of the instruction at `code`.
inline size_t InstructionSize(const unsigned char* code) {
  return (code[0] & 3) == 3 ? 4 : 2;
}

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_RISCV64_INSTRUCTIONS_H_
