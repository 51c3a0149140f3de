#include "signals/program_action.h"

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"

namespace jiffy::signals {
namespace {

// A call of the handler on another stack. The context that starts is the first
// member, so that CallMain finds the rest.
struct CallElsewhere {
  arch::Context callee;
  arch::Context caller;
  struct sigaction* action;
  int signal;
  siginfo_t* info;
  void* ucontext;
};

arch::Context* CallMain(arch::Context* self) {
  auto* call = reinterpret_cast<CallElsewhere*>(self);
  CallHandlerInHandler(*call->action, call->signal, call->info, call->ucontext);
  return &call->caller;
}

}  // namespace

uint64_t HandlerMaskInHandler(const struct sigaction& action, int signal,
                              int tick_signal, uint64_t interrupted) {
  uint64_t added = MaskOf(action.sa_mask);
  if ((action.sa_flags & SA_NODEFER) == 0) added |= SignalBit(signal);
  if (tick_signal != signal && tick_signal != 0)
    added &= ~SignalBit(tick_signal);
  return interrupted | added;
}

void CallHandlerInHandler(struct sigaction& action, int signal, siginfo_t* info,
                          void* ucontext) {
  const struct sigaction called = action;
  if ((called.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) {
    action.sa_handler = SIG_DFL;
  }
  if ((called.sa_flags & SA_SIGINFO) != 0) {
    called.sa_sigaction(signal, info, ucontext);
  } else {
    called.sa_handler(signal);
  }
}

void CallHandlerOnItsStackInHandler(struct sigaction& action, int signal,
                                    siginfo_t* info, void* ucontext) {
  // Sanitizers and valgrind would need annotations for the change of stacks.
  constexpr bool kChangesStacks = !kPreemptsInProgram && !kValgrind;
  stack_t alternate = {};
  if (kChangesStacks && (action.sa_flags & SA_ONSTACK) != 0) {
    KernelAlternateStack(nullptr, &alternate);
  }
  if (alternate.ss_size == 0 ||
      (alternate.ss_flags & (SS_DISABLE | SS_ONSTACK)) != 0) {
    CallHandlerInHandler(action, signal, info, ucontext);
    return;
  }
  CallElsewhere call = {.callee = {},
                        .caller = {},
                        .action = &action,
                        .signal = signal,
                        .info = info,
                        .ucontext = ucontext};
  arch::InitContext(call.callee,
                    static_cast<char*>(alternate.ss_sp) + alternate.ss_size,
                    arch::ThreadPointer(), &CallMain);
  arch::jiffy_switch_shared(&call.caller, &call.callee);
}

}  // namespace jiffy::signals
