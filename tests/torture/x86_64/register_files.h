// x86-64. Include tests/torture/hold_registers.h instead.
#ifndef JIFFY_TESTS_TORTURE_X86_64_REGISTER_FILES_H_
#define JIFFY_TESTS_TORTURE_X86_64_REGISTER_FILES_H_

#include <xmmintrin.h>

#include <cstdint>

namespace jiffy::torture {

extern "C" {
// rax, rbx, rdx, rbp, r8 to r15; the 16 words of the red zone below rsp; then a
// word for the carry flag, 0 or 1.
void jiffy_hold_general(const void* in, void* out, uint64_t spins);
// st(7) to st(0), 16 bytes apart.
void jiffy_hold_x87(const void* in, void* out, uint64_t spins);
// xmm0 to xmm15.
void jiffy_hold_sse(const void* in, void* out, uint64_t spins);
// ymm0 to ymm15.
void jiffy_hold_avx(const void* in, void* out, uint64_t spins);
// zmm0 to zmm31, then k0 to k7.
void jiffy_hold_avx512(const void* in, void* out, uint64_t spins);
}

inline void TidyGeneral(void* in) { static_cast<uint64_t*>(in)[28] &= 1; }

// Any 64 bits with the top one set are the mantissa of a normal number.
inline void TidyX87(void* in) {
  uint64_t* words = static_cast<uint64_t*>(in);
  for (int i = 0; i < 8; ++i) {
    words[2 * i] |= uint64_t{1} << 63;
    words[2 * i + 1] = 0x3fff;
  }
}

inline constexpr RegisterFile kRegisterFiles[] = {
    {"general", 29 * 8, &jiffy_hold_general, [] { return true; }, &TidyGeneral},
    {"x87", 8 * 16, &jiffy_hold_x87, [] { return true; }, &TidyX87},
    {"SSE", 16 * 16, &jiffy_hold_sse, [] { return true; }, nullptr},
    {"AVX", 16 * 32, &jiffy_hold_avx,
     [] { return __builtin_cpu_supports("avx") != 0; }, nullptr},
    {"AVX-512", 32 * 64 + 8 * 8, &jiffy_hold_avx512,
     [] { return __builtin_cpu_supports("avx512bw") != 0; }, nullptr},
};

// The compiler turns this into vector code with fused multiplication.
#if !defined(__clang__)
[[gnu::optimize("O3", "fast-math")]]
#endif
[[gnu::noinline, gnu::target("avx2,fma")]] inline float
WideDot(const float* a, const float* b, int size) {
#if defined(__clang__)
#pragma clang fp reassociate(on) contract(fast)
#endif
  float sum = 0;
  for (int i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}
inline bool HasWideDot() {
  return __builtin_cpu_supports("avx2") != 0 &&
         __builtin_cpu_supports("fma") != 0;
}

// Bits that fenv.h does not know: denormals become zero.
inline constexpr uint64_t kFlushToZero = 0x8000 | 0x40;
inline uint64_t FpControlBits() { return _mm_getcsr(); }
inline void SetFpControlBits(uint64_t bits) {
  _mm_setcsr(static_cast<unsigned>(bits));
}

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_X86_64_REGISTER_FILES_H_
