// What the installation of the handler leaves for the handler to read.
#ifndef JIFFY_SIGNALS_HANDLER_STATE_H_
#define JIFFY_SIGNALS_HANDLER_STATE_H_

#include <signal.h>

#include <cstdint>

#include "signals/text_ranges.h"

namespace jiffy::signals {

struct HandlerState {
  TextRanges text;
  struct sigaction old_action;
  // For tests: ticks act in libc at once (deferral.h).
  bool acts_in_libc = false;
};

extern HandlerState handler_state;

// The handler itself.
extern "C" void jiffy_tick_in_handler(int signal, siginfo_t* info,
                                      void* ucontext);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_HANDLER_STATE_H_
