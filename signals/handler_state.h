// State that the installation of the handler prepares for the handler.
#ifndef JIFFY_SIGNALS_HANDLER_STATE_H_
#define JIFFY_SIGNALS_HANDLER_STATE_H_

#include <signal.h>

#include <cstdint>

#include "signals/text_ranges.h"

namespace jiffy::signals {

struct HandlerState {
  TextRanges text;
  struct sigaction old_action;
  // For tests: ticks preempt in libc at once (deferral.h).
  bool acts_in_libc = false;
};

extern HandlerState handler_state;

// The handler itself.
extern "C" void jiffy_tick_in_handler(int signal, siginfo_t* info,
                                      void* ucontext);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_HANDLER_STATE_H_
