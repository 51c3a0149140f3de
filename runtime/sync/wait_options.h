// How long a wait may last, and what may end it.
#ifndef JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_
#define JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_

#include <cstdint>
#include <ostream>
#include <stop_token>

#include "absl/time/time.h"

namespace jiffy {

// Taken by each Wait that the standard library has no counterpart for.
struct WaitOptions {
  // By the steady clock; one that is zero or negative means not to wait.
  absl::Duration timeout = absl::InfiniteDuration();
  // A stop that is requested ends the wait.
  std::stop_token stop = {};
};

enum class WaitResult : uint8_t {
  kReady,    // What was waited for came.
  kTimeout,  // The time was over first.
  kStopped,  // A stop was requested first.
};

std::ostream& operator<<(std::ostream& out, WaitResult result);

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_
