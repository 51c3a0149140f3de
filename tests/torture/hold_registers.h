// Functions that fill a register file, count down without touching it, and tell
// what is in it then. Whoever is preempted meanwhile must find it unchanged.
#ifndef JIFFY_TESTS_TORTURE_HOLD_REGISTERS_H_
#define JIFFY_TESTS_TORTURE_HOLD_REGISTERS_H_

#include <cstddef>
#include <cstdint>

namespace jiffy::torture {

// A register file: `bytes` of it are loaded from `in`, held while `spins` is
// counted down to zero, and stored to `out`.
struct RegisterFile {
  const char* name;
  size_t bytes;
  void (*hold)(const void* in, void* out, uint64_t spins);
  // Whether this machine has it.
  bool (*present)();
  // Fits `in`, random until now, to what the registers can hold; may be null.
  void (*tidy)(void* in);
};

inline constexpr size_t kMaxRegisterFile = 2112;

#if defined(__x86_64__)

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

#else
#error "tests/torture: this architecture has no hold_registers yet"
#endif

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_HOLD_REGISTERS_H_
