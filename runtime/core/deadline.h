// Deadlines: converts times and durations of any clock for waits.
//
// Every conversion saturates. A time in the past is over at once; a time too
// far away for int64_t nanoseconds (292 years) never comes.
#ifndef JIFFY_RUNTIME_CORE_DEADLINE_H_
#define JIFFY_RUNTIME_CORE_DEADLINE_H_

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

#include "absl/time/time.h"
#include "signals/tick.h"

namespace jiffy::internal {

// A deadline is a point of CLOCK_MONOTONIC in nanoseconds, or one of these.
inline constexpr int64_t kNoDeadline = -1;
inline constexpr int64_t kAlreadyOver = 0;
inline constexpr int64_t kLatestDeadline = std::numeric_limits<int64_t>::max();

// Returns `due_ns`, or the latest deadline for kNoDeadline. For waits that
// count as timed, and thus never as a deadlock, however long they last.
inline int64_t AtLatest(int64_t due_ns) {
  return due_ns == kNoDeadline ? kLatestDeadline : due_ns;
}

// Returns `start_ns` + `count` * `each_ns`, kLatestDeadline at most. No
// argument may be negative.
inline int64_t LaterBy(int64_t start_ns, uint64_t count, int64_t each_ns) {
  if (each_ns == 0) return start_ns;
  const auto most =
      static_cast<uint64_t>((kLatestDeadline - start_ns) / each_ns);
  return count > most ? kLatestDeadline
                      : start_ns + static_cast<int64_t>(count) * each_ns;
}

// Returns the deadline that is `timeout` from now.
int64_t DueAfter(absl::Duration timeout);

// Returns the deadline at which CLOCK_MONOTONIC shows `at`.
int64_t DueAtMonotonic(absl::Duration at);

// Returns the deadline at which `clock` shows `time`. Setting the clock later
// has no effect.
int64_t DueAt(clockid_t clock, const timespec& time);

// Returns the duration, rounded towards zero to a quarter of a nanosecond.
// Infinite if it is longer than 2^63 seconds; zero for NaN.
inline absl::Duration FromSeconds(long double seconds) {
  constexpr long double kMost = 9.2e18L;
  if (std::isnan(seconds)) return absl::ZeroDuration();
  if (seconds > kMost) return absl::InfiniteDuration();
  if (seconds < -kMost) return -absl::InfiniteDuration();
  const auto whole = static_cast<int64_t>(seconds);
  const long double ns =
      (seconds - static_cast<long double>(whole)) * signals::kNsPerSecond;
  return absl::Seconds(whole) + absl::Nanoseconds(static_cast<double>(ns));
}
template <typename Rep, typename Period>
absl::Duration FromChrono(const std::chrono::duration<Rep, Period>& duration) {
  if constexpr (std::is_integral_v<Rep> && sizeof(Rep) <= sizeof(int64_t)) {
    using Wide = std::conditional_t<std::is_signed_v<Rep>, int64_t, uint64_t>;
    constexpr auto kDenominator = static_cast<Wide>(Period::den);
    constexpr auto kMost =
        static_cast<Wide>(std::numeric_limits<int64_t>::max());
    const auto count = static_cast<Wide>(duration.count());
    const absl::Duration whole = absl::Seconds(
        static_cast<int64_t>(std::min(count / kDenominator, kMost)));
    const auto rest = static_cast<int64_t>(count % kDenominator);
    if constexpr (Period::num == 1 &&
                  signals::kNsPerSecond % Period::den == 0) {
      return whole +
             absl::Nanoseconds(rest * (signals::kNsPerSecond / Period::den));
    } else {
      return whole * Period::num +
             absl::Seconds(rest) * Period::num / Period::den;
    }
  } else {
    return FromSeconds(std::chrono::duration<long double>(duration).count());
  }
}

template <typename Rep, typename Period>
int64_t DueAfter(const std::chrono::duration<Rep, Period>& timeout) {
  return DueAfter(FromChrono(timeout));
}

// Times of clocks other than steady_clock are converted once, when the wait
// begins.
template <typename Clock, typename Duration>
int64_t DueAt(const std::chrono::time_point<Clock, Duration>& time) {
  // Converts each separately: their own difference may overflow.
  const absl::Duration at = FromChrono(time.time_since_epoch());
  if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
    // That is CLOCK_MONOTONIC, in libstdc++ and libc++ on Linux.
    return DueAtMonotonic(at);
  } else {
    return DueAfter(at - FromChrono(Clock::now().time_since_epoch()));
  }
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_DEADLINE_H_
