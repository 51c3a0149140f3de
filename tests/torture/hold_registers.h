// Functions that fill a register file, count down without touching it, and
// return its contents. A thread that is preempted meanwhile must find it
// unchanged.
#ifndef JIFFY_TESTS_TORTURE_HOLD_REGISTERS_H_
#define JIFFY_TESTS_TORTURE_HOLD_REGISTERS_H_

#include <cstddef>
#include <cstdint>

namespace jiffy::torture {

// A register file: loads `bytes` bytes from `in`, holds them while `spins`
// counts down to zero, and stores them to `out`.
struct RegisterFile {
  const char* name;
  size_t bytes;
  void (*hold)(const void* in, void* out, uint64_t spins);
  // Whether this machine has it.
  bool (*present)();
  // Changes `in`, random until now, to values that the registers can hold; may
  // be null.
  void (*tidy)(void* in);
};

inline constexpr size_t kMaxRegisterFile = 2112;

}  // namespace jiffy::torture

// kRegisterFiles: the machine's register files.
#if defined(__x86_64__)
#include "tests/torture/x86_64/register_files.h"
#elif defined(__aarch64__)
#include "tests/torture/aarch64/register_files.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "tests/torture/riscv64/register_files.h"
#elif defined(__i386__)
#include "tests/torture/i386/register_files.h"
#else
#error "tests/torture: this architecture has no register files yet"
#endif

#endif  // JIFFY_TESTS_TORTURE_HOLD_REGISTERS_H_
