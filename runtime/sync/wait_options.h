// How long a wait may last, and what may end it.
#ifndef JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_
#define JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_

#include <chrono>
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

namespace internal {

// A point of CLOCK_MONOTONIC in nanoseconds, kNoDeadline for never, or
// kAlreadyOver for one that is past.
inline constexpr int64_t kAlreadyOver = 0;

int64_t DueAfter(absl::Duration timeout);

template <typename Rep, typename Period>
int64_t DueAfter(const std::chrono::duration<Rep, Period>& timeout) {
  if (!(timeout > timeout.zero())) return kAlreadyOver;
  // What nanoseconds cannot count will not pass either.
  constexpr std::chrono::duration<double> kForever = std::chrono::years(200);
  if (std::chrono::duration<double>(timeout) > kForever) {
    return DueAfter(absl::InfiniteDuration());
  }
  return DueAfter(absl::Nanoseconds(
      std::chrono::ceil<std::chrono::nanoseconds>(timeout).count()));
}

// A point of another clock is converted once, when the wait begins.
template <typename Clock, typename Duration>
int64_t DueAt(const std::chrono::time_point<Clock, Duration>& time) {
  return DueAfter(time - Clock::now());
}

}  // namespace internal
}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_WAIT_OPTIONS_H_
