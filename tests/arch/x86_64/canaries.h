// x86-64. Include tests/arch/canaries.h instead.
#ifndef JIFFY_TESTS_ARCH_X86_64_CANARIES_H_
#define JIFFY_TESTS_ARCH_X86_64_CANARIES_H_

#include <cstddef>
#include <cstdint>
#include <ostream>

namespace jiffy::arch {

// The control words of SSE and x87; of the first, without its sticky flags.
struct FpControl {
  uint32_t mxcsr;
  uint16_t x87_control;

  bool operator==(const FpControl&) const = default;
};

struct Registers {
  uint64_t rbx;
  uint64_t rbp;
  uint64_t r12;
  uint64_t r13;
  uint64_t r14;
  uint64_t r15;
  FpControl fp;

  bool operator==(const Registers&) const = default;
};
// canaries.S knows them.
static_assert(offsetof(Registers, r15) == 40, "offset of Registers::r15");
static_assert(offsetof(Registers, fp) == 48, "offset of Registers::fp");
static_assert(offsetof(FpControl, x87_control) == 4,
              "offset of FpControl::x87_control");

inline std::ostream& operator<<(std::ostream& out, const Registers& r) {
  return out << std::hex << "rbx " << r.rbx << " rbp " << r.rbp << " r12 "
             << r.r12 << " r13 " << r.r13 << " r14 " << r.r14 << " r15 "
             << r.r15 << " mxcsr " << r.fp.mxcsr << " x87 " << r.fp.x87_control
             << std::dec;
}

inline FpControl NewFpControl() { return {0x1f80, 0x037f}; }

inline FpControl CurrentFpControl() {
  FpControl fp;
  asm volatile("stmxcsr %0" : "=m"(fp.mxcsr));
  asm volatile("fnstcw %0" : "=m"(fp.x87_control));
  constexpr uint32_t kStickyFlags = 0x3f;
  fp.mxcsr &= ~kStickyFlags;
  return fp;
}

inline void SetFpControl(FpControl fp) {
  asm volatile("ldmxcsr %0" : : "m"(fp.mxcsr));
  asm volatile("fldcw %0" : : "m"(fp.x87_control));
}

// Seeds that differ by one differ in at least one of the two words of
// FpControl: bits 0 and 1 are SSE's rounding mode, 2 and 3 x87's.
inline Registers SomeRegisters(uint64_t seed) {
  const uint64_t base = (seed + 1) * 0x0101'0101'0101'0100;
  return {.rbx = base + 1,
          .rbp = base + 2,
          .r12 = base + 3,
          .r13 = base + 4,
          .r14 = base + 5,
          .r15 = base + 6,
          .fp = {static_cast<uint32_t>(0x1f80 | (seed & 3) << 13),
                 static_cast<uint16_t>(0x037f | (seed >> 2 & 3) << 10)}};
}

// DWARF's numbers of the registers that Registers begins with.
inline constexpr int kDwarfNumbers[] = {3, 6, 12, 13, 14, 15};

// Offset, in words from a frame pointer, of the caller's saved frame pointer.
inline constexpr int kSavedFramePointer = 0;

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_X86_64_CANARIES_H_
