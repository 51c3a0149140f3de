#include <sched.h>
#include <signal.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/debug/dump.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {
namespace {

int installed_signal = 0;
struct sigaction old_action;

}  // namespace

absl::Status InstallDumpHandler(int signal) {
  struct sigaction action = {};
  action.sa_handler = &HandleDumpSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (signals::SetAction(signal, &action, &old_action) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("sigaction for dump_signal = ", signal));
  }
  installed_signal = signal;
  return absl::OkStatus();
}

void RemoveDumpHandler() {
  if (installed_signal == 0) return;
  struct sigaction now;
  if (signals::SetAction(installed_signal, nullptr, &now) == 0 &&
      now.sa_handler == &HandleDumpSignal) {
    signals::SetAction(installed_signal, &old_action, nullptr);
  }
  installed_signal = 0;
}

}  // namespace jiffy::internal
