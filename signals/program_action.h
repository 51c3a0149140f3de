// What the program wants done with a signal that the runtime took: the action
// that it had installed before, carried out as the kernel would.
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

// Returns the mask under which the kernel runs the action's handler if it
// interrupts a context with the mask `interrupted`. The tick's signal is left
// as it was there, unless it is `signal`: a handler that leaves by longjmp
// leaves its mask behind, and the run would lose its ticks.
uint64_t HandlerMaskInHandler(const struct sigaction& action, int signal,
                              int tick_signal, uint64_t interrupted);

// Calls the action's handler. With SA_RESETHAND, the action is the default from
// then on. Context: a handler of the runtime's, with the mask from above set;
// HasHandler(action). May not return.
void CallHandlerInHandler(struct sigaction& action, int signal, siginfo_t* info,
                          void* ucontext);

// The same, on the thread's alternate stack if the action asks for that and
// there is one.
void CallHandlerOnItsStackInHandler(struct sigaction& action, int signal,
                                    siginfo_t* info, void* ucontext);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_PROGRAM_ACTION_H_
