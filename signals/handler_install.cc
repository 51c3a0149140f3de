#include <signal.h>
#include <time.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "signals/handler.h"
#include "signals/handler_state.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "signals/text_ranges.h"

namespace jiffy::signals {
namespace {

int installed_signal = 0;

sigset_t Only(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

}  // namespace

absl::Status InstallHandler(int signal) {
  if (installed_signal != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the tick handler is already installed, for signal ",
                     installed_signal));
  }
  handler_state.text = FindTextRanges();
  struct sigaction action = {};
  action.sa_sigaction = &jiffy_tick_in_handler;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (SetAction(signal, &action, &handler_state.old_action) != 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("sigaction for signal ", signal));
  }
  installed_signal = signal;
  return absl::OkStatus();
}

void ForceTicksInLibc(bool force) { handler_state.acts_in_libc = force; }

void RemoveHandler() {
  if (installed_signal == 0) return;
  struct sigaction now;
  if (SetAction(installed_signal, nullptr, &now) == 0 &&
      now.sa_sigaction == &jiffy_tick_in_handler) {
    SetAction(installed_signal, &handler_state.old_action, nullptr);
  }
  installed_signal = 0;
}

TickMask::TickMask(int signal) : signal_(signal) {
  mask_before_ = ChangeKernelMask(SIG_UNBLOCK, SignalBit(signal));
}

TickMask::~TickMask() {
  const sigset_t set = Only(signal_);
  ChangeKernelMask(SIG_BLOCK, SignalBit(signal_));
  // Discards ticks of timers that are deleted by now. A signal from any other
  // sender is raised again.
  bool foreign = false;
  const timespec at_once = {};
  siginfo_t info;
  while (sigtimedwait(&set, &info, &at_once) == signal_) {
    if (info.si_code != SI_TIMER) foreign = true;
  }
  if (foreign) raise(signal_);
  ChangeKernelMask(SIG_SETMASK, mask_before_);
}

}  // namespace jiffy::signals
