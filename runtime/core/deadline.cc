#include "runtime/core/deadline.h"

#include <time.h>

#include <cstdint>

#include "absl/time/time.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

// Rounds up, so that no wait ends early.
int64_t ToNs(absl::Duration duration) {
  const int64_t ns = absl::ToInt64Nanoseconds(duration);
  const bool is_more = absl::Nanoseconds(ns) < duration;
  return is_more && ns != kLatestDeadline ? ns + 1 : ns;
}

}  // namespace

int64_t DueAfter(absl::Duration timeout) {
  if (timeout <= absl::ZeroDuration()) return kAlreadyOver;
  const int64_t ns = ToNs(timeout);
  const int64_t now = signals::MonotonicNs();
  return ns >= kLatestDeadline - now ? kNoDeadline : now + ns;
}

int64_t DueAtMonotonic(absl::Duration at) {
  const int64_t ns = ToNs(at);
  if (ns == kLatestDeadline) return kNoDeadline;
  return ns <= signals::MonotonicNs() ? kAlreadyOver : ns;
}

int64_t DueAt(clockid_t clock, const timespec& time) {
  if (clock == CLOCK_MONOTONIC) {
    return DueAtMonotonic(absl::DurationFromTimespec(time));
  }
  timespec now;
  clock_gettime(clock, &now);
  return DueAfter(absl::DurationFromTimespec(time) -
                  absl::DurationFromTimespec(now));
}

}  // namespace jiffy::internal
