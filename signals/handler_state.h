// What the installation of the handler leaves for the handler to read.
#ifndef JIFFY_SIGNALS_HANDLER_STATE_H_
#define JIFFY_SIGNALS_HANDLER_STATE_H_

#include <signal.h>

#include <cstdint>

#include "signals/text_ranges.h"

namespace jiffy::signals {

inline constexpr uint32_t kDefaultMaxDeferrals = 20;

struct HandlerState {
  TextRanges text;
  struct sigaction old_action;
  // More deferrals than this and the tick acts inside libc: a task that spends
  // its life there must be preempted too.
  uint32_t max_deferrals = kDefaultMaxDeferrals;
};

extern HandlerState handler_state;

// The handler itself.
extern "C" void jiffy_tick_in_handler(int signal, siginfo_t* info,
                                      void* ucontext);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_HANDLER_STATE_H_
