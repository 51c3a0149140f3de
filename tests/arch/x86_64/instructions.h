// x86-64. Include tests/arch/instructions.h instead.
#ifndef JIFFY_TESTS_ARCH_X86_64_INSTRUCTIONS_H_
#define JIFFY_TESTS_ARCH_X86_64_INSTRUCTIONS_H_

namespace jiffy::arch {

inline constexpr unsigned char kSystemCall[] = {0x0f, 0x05};    // syscall
inline constexpr unsigned char kNoSystemCall[] = {0x0f, 0x0b};  // ud2

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_X86_64_INSTRUCTIONS_H_
