// Options of a wait, and its result.
#ifndef JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_
#define JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_

#include <cstdint>
#include <ostream>
#include <stop_token>

#include "absl/time/time.h"

namespace jiffy {

// Options of each Wait that has no counterpart in the standard library.
struct WaitOptions {
  // By the steady clock; zero or less means not to wait.
  absl::Duration timeout = absl::InfiniteDuration();
  // A stop request to this token ends the wait.
  std::stop_token stop = {};
};

enum class WaitResult : uint8_t {
  kReady,    // The wait succeeded.
  kTimeout,  // The time was over first.
  kStopped,  // A stop was requested first.
};

std::ostream& operator<<(std::ostream& out, WaitResult result);

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_
