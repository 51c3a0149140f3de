// Use of signals by programs: handlers, masks, alternate stacks.
#ifndef JIFFY_TESTS_RUNTIME_PROGRAM_SIGNALS_H_
#define JIFFY_TESTS_RUNTIME_PROGRAM_SIGNALS_H_

#include <signal.h>

#include <cstddef>
#include <memory>

namespace jiffy {

inline sigset_t Only(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

inline void Block(int signal) {
  const sigset_t set = Only(signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

inline void Unblock(int signal) {
  const sigset_t set = Only(signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// Whether the calling thread blocks the signal, according to libc.
inline bool IsBlocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

// An action for a signal while in scope.
class Handles {
 public:
  Handles(int signal, void (*handler)(int), int flags = 0,
          bool full_mask = false)
      : signal_(signal) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (full_mask) sigfillset(&action.sa_mask);
    sigaction(signal, &action, &before_);
  }
  ~Handles() { sigaction(signal_, &before_, nullptr); }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

 private:
  const int signal_;
  struct sigaction before_;
};

// Start of the calling thread's alternate stack, according to libc.
inline const void* AlternateStackNow() {
  stack_t stack;
  sigaltstack(nullptr, &stack);
  return stack.ss_sp;
}

// While in scope, the calling thread has an alternate stack of its own.
class OwnAlternateStack {
 public:
  explicit OwnAlternateStack(int flags = 0) {
    stack_t stack = {};
    stack.ss_flags = flags;
    stack.ss_sp = memory_.get();
    stack.ss_size = kSize;
    sigaltstack(&stack, &before_);
  }
  ~OwnAlternateStack() { sigaltstack(&before_, nullptr); }
  OwnAlternateStack(const OwnAlternateStack&) = delete;
  OwnAlternateStack& operator=(const OwnAlternateStack&) = delete;

  const void* memory() const { return memory_.get(); }

 private:
  static constexpr size_t kSize = size_t{64} << 10;
  std::unique_ptr<char[]> memory_ = std::make_unique<char[]>(kSize);
  stack_t before_;
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_PROGRAM_SIGNALS_H_
