// The calling OS thread's signal mask and alternate stack, as the kernel has
// them. By system calls of our own: libc's functions are replaced by those that
// keep them for each green thread (runtime/machine/signal_calls.cc).
#ifndef JIFFY_SIGNALS_SIGNAL_MASK_H_
#define JIFFY_SIGNALS_SIGNAL_MASK_H_

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace jiffy::signals {

// A mask as the kernel takes it: bit n - 1 stands for signal n.
constexpr uint64_t SignalBit(int signal) { return uint64_t{1} << (signal - 1); }

// What an instruction raises; if blocked, it ends the program.
inline constexpr uint64_t kFaultSignals =
    SignalBit(SIGSEGV) | SignalBit(SIGBUS) | SignalBit(SIGILL) |
    SignalBit(SIGFPE) | SignalBit(SIGTRAP) | SignalBit(SIGSYS);

inline uint64_t MaskOf(const sigset_t& set) {
  uint64_t mask;
  memcpy(&mask, &set, sizeof mask);
  return mask;
}

inline void SetMaskOf(sigset_t& set, uint64_t mask) {
  memcpy(&set, &mask, sizeof mask);
}

// Changes the mask as sigprocmask does and returns what it was.
// Async-signal-safe.
inline uint64_t ChangeKernelMask(int how, uint64_t set) {
  uint64_t old = 0;
  syscall(SYS_rt_sigprocmask, how, &set, &old, sizeof set);
  return old;
}

// Returns the mask. Async-signal-safe.
inline uint64_t KernelMask() {
  uint64_t mask = 0;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, &mask, sizeof mask);
  return mask;
}

// As sigaltstack does; either may be null. Async-signal-safe.
inline long KernelAlternateStack(const stack_t* stack, stack_t* old) {
  return syscall(SYS_sigaltstack, stack, old);
}

// Whether `sp` is on the stack.
inline bool IsOn(const stack_t& stack, uintptr_t sp) {
  return sp - reinterpret_cast<uintptr_t>(stack.ss_sp) < stack.ss_size;
}

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_SIGNAL_MASK_H_
