// riscv64. Include tests/arch/canaries.h instead.
#ifndef JIFFY_TESTS_ARCH_RISCV64_CANARIES_H_
#define JIFFY_TESTS_ARCH_RISCV64_CANARIES_H_

#include <cstddef>
#include <cstdint>
#include <ostream>

namespace jiffy::arch {

// The rounding mode; not the sticky flags beside it.
struct FpControl {
  uint64_t rounding;

  bool operator==(const FpControl&) const = default;
};

struct Registers {
  uint64_t s[12];   // s0 to s11
  uint64_t fs[12];  // fs0 to fs11
  FpControl fp;

  bool operator==(const Registers&) const = default;
};
// canaries.S knows them.
static_assert(offsetof(Registers, fs) == 96, "offset of Registers::fs");
static_assert(offsetof(Registers, fp) == 192, "offset of Registers::fp");

inline std::ostream& operator<<(std::ostream& out, const Registers& r) {
  for (int i = 0; i < 12; ++i) {
    out << std::dec << "s" << i << std::hex << " " << r.s[i] << " ";
  }
  for (int i = 0; i < 12; ++i) {
    out << std::dec << "fs" << i << std::hex << " " << r.fs[i] << " ";
  }
  return out << "rounding " << r.fp.rounding << std::dec;
}

inline FpControl NewFpControl() { return {0}; }

inline FpControl CurrentFpControl() {
  FpControl fp;
  asm volatile("frrm %0" : "=r"(fp.rounding));
  return fp;
}

inline void SetFpControl(FpControl fp) {
  asm volatile("fsrm %0" : : "r"(fp.rounding));
}

// Bits 0 and 1 of the seed are the rounding mode.
inline Registers SomeRegisters(uint64_t seed) {
  uint64_t next = (seed + 1) * 0x0101'0101'0101'0100;
  Registers r = {};
  for (uint64_t& value : r.s) value = ++next;
  for (uint64_t& value : r.fs) value = ++next;
  r.fp = {seed & 3};
  return r;
}

// DWARF's numbers of the registers that Registers begins with.
inline constexpr int kDwarfNumbers[] = {8,  9,  18, 19, 20, 21, 22, 23,
                                        24, 25, 26, 27, 40, 41, 50, 51,
                                        52, 53, 54, 55, 56, 57, 58, 59};

// Offset, in words from a frame pointer, of the caller's saved frame pointer.
inline constexpr int kSavedFramePointer = -2;

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_RISCV64_CANARIES_H_
