// The machine's cheapest clock: one instruction, no system call.
#ifndef JIFFY_ARCH_CYCLES_H_
#define JIFFY_ARCH_CYCLES_H_

#include <time.h>

#include <cstdint>

namespace jiffy::arch {

// Returns the value of a counter with a steady rate, the same on all CPUs, if
// the machine has one that programs may read; the caller must measure the rate.
// Otherwise returns CLOCK_MONOTONIC in nanoseconds. The processor may read the
// counter a few instructions early or late. Context: anywhere.
inline uint64_t Cycles() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#elif defined(__riscv) && __riscv_xlen == 64
  uint64_t count;
  asm volatile("rdtime %0" : "=r"(count));
  return count;
#else
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
#endif
}

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_CYCLES_H_
