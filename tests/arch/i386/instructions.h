// i386. Include tests/arch/instructions.h instead.
#ifndef JIFFY_TESTS_ARCH_I386_INSTRUCTIONS_H_
#define JIFFY_TESTS_ARCH_I386_INSTRUCTIONS_H_

namespace jiffy::arch {

inline constexpr unsigned char kSystemCall[] = {0xcd, 0x80};    // int $0x80
inline constexpr unsigned char kNoSystemCall[] = {0xcd, 0x03};  // int $3

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_I386_INSTRUCTIONS_H_
