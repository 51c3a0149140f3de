// riscv64. Include tests/torture/hold_registers.h instead.
#ifndef JIFFY_TESTS_TORTURE_RISCV64_REGISTER_FILES_H_
#define JIFFY_TESTS_TORTURE_RISCV64_REGISTER_FILES_H_

#include <cstdint>

namespace jiffy::torture {

extern "C" {
// ra, t1 to t6, s0 to s11, a3 to a7.
void jiffy_hold_general(const void* in, void* out, uint64_t spins);
// f0 to f31.
void jiffy_hold_floats(const void* in, void* out, uint64_t spins);
}

inline constexpr RegisterFile kRegisterFiles[] = {
    {"general", 24 * 8, &jiffy_hold_general, [] { return true; }, nullptr},
    {"floats", 32 * 8, &jiffy_hold_floats, [] { return true; }, nullptr},
};

// The compiler makes vector code of this where it can.
[[gnu::noinline, gnu::optimize("O3", "fast-math")]] inline float WideDot(
    const float* a, const float* b, int size) {
  float sum = 0;
  for (int i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}
inline bool HasWideDot() { return true; }

// No such bits here.
inline constexpr uint64_t kFlushToZero = 0;
inline uint64_t FpControlBits() { return 0; }
inline void SetFpControlBits(uint64_t) {}

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_RISCV64_REGISTER_FILES_H_
