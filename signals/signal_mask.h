// Reads and sets the kernel's signal mask and alternate stack of the calling OS
// thread. Makes the system calls itself: libc's functions are replaced by
// versions that keep this state per green thread
// (runtime/machine/signal_calls.cc).
#ifndef JIFFY_SIGNALS_SIGNAL_MASK_H_
#define JIFFY_SIGNALS_SIGNAL_MASK_H_

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace jiffy::signals {

// A mask in the kernel's format: bit n - 1 stands for signal n.
constexpr uint64_t SignalBit(int signal) { return uint64_t{1} << (signal - 1); }

// Signals that an instruction raises. If blocked, such a signal ends the
// program.
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

// Changes the mask as sigprocmask does and returns the old mask.
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

// Like sigaltstack; either argument may be null. Async-signal-safe.
inline long KernelAlternateStack(const stack_t* stack, stack_t* old) {
  return syscall(SYS_sigaltstack, stack, old);
}

// Whether `sp` is on the stack.
inline bool IsOn(const stack_t& stack, uintptr_t sp) {
  return sp - reinterpret_cast<uintptr_t>(stack.ss_sp) < stack.ss_size;
}

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_SIGNAL_MASK_H_
