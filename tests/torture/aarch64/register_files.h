// aarch64. Include tests/torture/hold_registers.h instead.
#ifndef JIFFY_TESTS_TORTURE_AARCH64_REGISTER_FILES_H_
#define JIFFY_TESTS_TORTURE_AARCH64_REGISTER_FILES_H_

#include <cstdint>

namespace jiffy::torture {

extern "C" {
// x0 to x28 except x2 and x18 (the platform's), then x30; a word for the carry
// flag, 0 or 1.
void jiffy_hold_general(const void* in, void* out, uint64_t spins);
// v0 to v31.
void jiffy_hold_vectors(const void* in, void* out, uint64_t spins);
}

inline void TidyGeneral(void* in) { static_cast<uint64_t*>(in)[28] &= 1; }

inline constexpr RegisterFile kRegisterFiles[] = {
    {"general", 29 * 8, &jiffy_hold_general, [] { return true; }, &TidyGeneral},
    {"vectors", 32 * 16, &jiffy_hold_vectors, [] { return true; }, nullptr},
};

// The compiler makes vector code of this where it can.
[[gnu::noinline, gnu::optimize("O3", "fast-math")]] inline float WideDot(
    const float* a, const float* b, int size) {
  float sum = 0;
  for (int i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}
inline bool HasWideDot() { return true; }

// A bit that fenv.h does not know: denormals become zero.
inline constexpr uint64_t kFlushToZero = 1 << 24;
inline uint64_t FpControlBits() {
  uint64_t bits;
  asm volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
inline void SetFpControlBits(uint64_t bits) {
  asm volatile("msr fpcr, %0" : : "r"(bits));
}

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_AARCH64_REGISTER_FILES_H_
