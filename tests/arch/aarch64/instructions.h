// aarch64. Include tests/arch/instructions.h instead.
#ifndef JIFFY_TESTS_ARCH_AARCH64_INSTRUCTIONS_H_
#define JIFFY_TESTS_ARCH_AARCH64_INSTRUCTIONS_H_

#include <cstddef>
#include <cstdint>

namespace jiffy::arch {

alignas(4) inline constexpr unsigned char kSystemCall[] = {0x01, 0x00, 0x00,
                                                           0xd4};  // svc #0
alignas(4) inline constexpr unsigned char kNoSystemCall[] = {0x21, 0x00, 0x00,
                                                             0xd4};  // svc #1
inline constexpr unsigned char kBreakpoint[] = {0x00, 0x00, 0x20, 0xd4};

// Returns the size in bytes of the instruction at `code`.
inline size_t InstructionSize(const unsigned char*) { return 4; }

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_AARCH64_INSTRUCTIONS_H_
