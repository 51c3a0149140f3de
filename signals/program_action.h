// Carries out the program's action for a signal that the runtime took over, as
// the kernel would.
#ifndef JIFFY_SIGNALS_PROGRAM_ACTION_H_
#define JIFFY_SIGNALS_PROGRAM_ACTION_H_

#include <signal.h>
#include <ucontext.h>

#include <cstdint>
#include <cstring>

namespace jiffy::signals {

inline bool HasHandler(const struct sigaction& action) {
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

// Returns the mask under which the kernel would run the action's handler if it
// interrupts a context with the mask `interrupted`. The tick's signal keeps its
// state from there, unless it is `signal`: after a longjmp out of the handler
// the handler's mask stays, and the run would lose its ticks.
uint64_t HandlerMaskInHandler(const struct sigaction& action, int signal,
                              int tick_signal, uint64_t interrupted);

// Calls the action's handler; with SA_RESETHAND, first resets the action to the
// default. Requires HasHandler(action). Context: a handler of the runtime,
// under the mask from HandlerMaskInHandler. May not return.
void CallHandlerInHandler(struct sigaction& action, int signal, siginfo_t* info,
                          void* ucontext);

// As CallHandlerInHandler, but on the thread's alternate stack if the action
// asks for it and there is one.
void CallHandlerOnItsStackInHandler(struct sigaction& action, int signal,
                                    siginfo_t* info, void* ucontext);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_PROGRAM_ACTION_H_
