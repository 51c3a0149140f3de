// i386. Include tests/arch/canaries.h instead.
#ifndef JIFFY_TESTS_ARCH_I386_CANARIES_H_
#define JIFFY_TESTS_ARCH_I386_CANARIES_H_

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
  uint32_t ebx;
  uint32_t ebp;
  uint32_t esi;
  uint32_t edi;
  FpControl fp;

  bool operator==(const Registers&) const = default;
};
// canaries.S knows them.
static_assert(offsetof(Registers, edi) == 12, "offset of Registers::edi");
static_assert(offsetof(Registers, fp) == 16, "offset of Registers::fp");
static_assert(offsetof(FpControl, x87_control) == 4,
              "offset of FpControl::x87_control");

inline std::ostream& operator<<(std::ostream& out, const Registers& r) {
  return out << std::hex << "ebx " << r.ebx << " ebp " << r.ebp << " esi "
             << r.esi << " edi " << r.edi << " mxcsr " << r.fp.mxcsr << " x87 "
             << r.fp.x87_control << std::dec;
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
  const uint32_t base = (static_cast<uint32_t>(seed) + 1) * 0x0001'0100u;
  return {.ebx = base + 1,
          .ebp = base + 2,
          .esi = base + 3,
          .edi = base + 4,
          .fp = {static_cast<uint32_t>(0x1f80 | (seed & 3) << 13),
                 static_cast<uint16_t>(0x037f | (seed >> 2 & 3) << 10)}};
}

// DWARF's numbers of the registers that Registers begins with.
inline constexpr int kDwarfNumbers[] = {3, 5, 6, 7};

// Offset, in words from a frame pointer, of the caller's saved frame pointer.
inline constexpr int kSavedFramePointer = 0;

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_I386_CANARIES_H_
