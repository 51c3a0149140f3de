// Runs code one instruction at a time, in this process, without a debugger.
//
// An architecture folder that supports it provides in its single_step.h,
// namespace jiffy::arch, StartSingleStep() and StopSingleStep(): between them
// the kernel sends the calling OS thread SIGTRAP after every instruction.
// EndSingleStep(), called in the handler, makes the interrupted code continue
// without steps. JIFFY_HAS_SINGLE_STEP is defined there.
#ifndef JIFFY_TESTS_ARCH_SINGLE_STEP_H_
#define JIFFY_TESTS_ARCH_SINGLE_STEP_H_

#include <signal.h>

#include <memory>

#if defined(__x86_64__)
#define JIFFY_HAS_SINGLE_STEP
#include "tests/arch/x86_64/single_step.h"
#elif defined(__i386__)
#define JIFFY_HAS_SINGLE_STEP
#include "tests/arch/i386/single_step.h"
#endif

#if defined(JIFFY_TSAN)
// libc's own name for it.
extern "C" int __sigaction(int signal, const struct sigaction* action,
                           struct sigaction* old);
#endif

namespace jiffy::arch {

// Like sigaction, but bypasses ThreadSanitizer's, whose own handler must not
// interrupt ThreadSanitizer itself.
inline int SetTrapAction(const struct sigaction* action,
                         struct sigaction* old) {
#if defined(JIFFY_TSAN)
  return __sigaction(SIGTRAP, action, old);
#else
  return sigaction(SIGTRAP, action, old);
#endif
}

// While in scope, SIGTRAP calls `handler` on a stack of its own, whatever stack
// is current then; all other signals wait.
class SingleStepHandler {
 public:
  explicit SingleStepHandler(void (*handler)(int, siginfo_t*, void*))
      : stack_(std::make_unique<char[]>(kStackSize)) {
    stack_t alternate = {};
    alternate.ss_sp = stack_.get();
    alternate.ss_size = kStackSize;
    sigaltstack(&alternate, &old_stack_);
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    SetTrapAction(&action, &old_action_);
  }
  ~SingleStepHandler() {
    SetTrapAction(&old_action_, nullptr);
    sigaltstack(&old_stack_, nullptr);
  }
  SingleStepHandler(const SingleStepHandler&) = delete;
  SingleStepHandler& operator=(const SingleStepHandler&) = delete;

 private:
  static constexpr size_t kStackSize = size_t{256} << 10;

  std::unique_ptr<char[]> stack_;
  stack_t old_stack_;
  struct sigaction old_action_;
};

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_SINGLE_STEP_H_
