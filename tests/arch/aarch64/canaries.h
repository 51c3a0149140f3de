// aarch64. Include tests/arch/canaries.h instead.
#ifndef JIFFY_TESTS_ARCH_AARCH64_CANARIES_H_
#define JIFFY_TESTS_ARCH_AARCH64_CANARIES_H_

#include <cstddef>
#include <cstdint>
#include <ostream>

namespace jiffy::arch {

// Rounding mode, flush to zero and the like.
struct FpControl {
  uint64_t fpcr;

  bool operator==(const FpControl&) const = default;
};

struct Registers {
  uint64_t x[11];  // x19 to x29
  uint64_t d[8];   // d8 to d15
  FpControl fp;

  bool operator==(const Registers&) const = default;
};
// canaries.S knows them.
static_assert(offsetof(Registers, d) == 88, "offset of Registers::d");
static_assert(offsetof(Registers, fp) == 152, "offset of Registers::fp");

inline std::ostream& operator<<(std::ostream& out, const Registers& r) {
  out << std::hex;
  for (int i = 0; i < 11; ++i)
    out << "x" << std::dec << 19 + i << std::hex << " " << r.x[i] << " ";
  for (int i = 0; i < 8; ++i)
    out << "d" << std::dec << 8 + i << std::hex << " " << r.d[i] << " ";
  return out << "fpcr " << r.fp.fpcr << std::dec;
}

inline FpControl NewFpControl() { return {0}; }

inline FpControl CurrentFpControl() {
  FpControl fp;
  asm volatile("mrs %0, fpcr" : "=r"(fp.fpcr));
  return fp;
}

inline void SetFpControl(FpControl fp) {
  asm volatile("msr fpcr, %0" : : "r"(fp.fpcr));
}

// Bits 0 and 1 of the seed are the rounding mode, 2 flushes denormals to zero,
// 3 makes all NaNs the default one.
inline Registers SomeRegisters(uint64_t seed) {
  const uint64_t base = (seed + 1) * 0x0101'0101'0101'0100;
  Registers r = {};
  uint64_t next = base;
  for (uint64_t& x : r.x) x = ++next;
  for (uint64_t& d : r.d) d = ++next;
  r.fp = {(seed & 3) << 22 | (seed >> 2 & 1) << 24 | (seed >> 3 & 1) << 25};
  return r;
}

// DWARF's numbers of the registers that Registers begins with.
inline constexpr int kDwarfNumbers[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                                        29, 72, 73, 74, 75, 76, 77, 78, 79};

// Offset, in words from a frame pointer, of the caller's saved frame pointer.
inline constexpr int kSavedFramePointer = 0;

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_AARCH64_CANARIES_H_
