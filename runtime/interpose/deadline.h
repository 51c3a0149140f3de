// libc's points in time as the runtime counts them.
#ifndef JIFFY_RUNTIME_INTERPOSE_DEADLINE_H_
#define JIFFY_RUNTIME_INTERPOSE_DEADLINE_H_

#include <time.h>

#include <cstdint>

#include "signals/tick.h"

namespace jiffy::interpose {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;

inline bool IsValid(const timespec& time) {
  return time.tv_nsec >= 0 && time.tv_nsec < kNsPerSecond;
}

// Returns nanoseconds; what they cannot count is the most that they can.
inline int64_t Nanoseconds(const timespec& time) {
  constexpr int64_t kMostSeconds = INT64_MAX / kNsPerSecond - 1;
  if (time.tv_sec > kMostSeconds) return INT64_MAX;
  if (time.tv_sec < 0) return -1;
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

// Returns the point of CLOCK_MONOTONIC that is `ns` from now, 0 at least.
inline int64_t DueAfter(int64_t ns) {
  const int64_t now = signals::MonotonicNs();
  return ns > INT64_MAX - now ? INT64_MAX : now + (ns < 0 ? 0 : ns);
}

// Returns the point of CLOCK_MONOTONIC that is `time` by `clock`. That is found
// out once: a clock that is set meanwhile changes nothing.
inline int64_t DueAt(clockid_t clock, const timespec& time) {
  const int64_t at = Nanoseconds(time);
  if (clock == CLOCK_MONOTONIC) return at < 0 ? 0 : at;
  timespec now;
  clock_gettime(clock, &now);
  const int64_t ns = at - Nanoseconds(now);
  return ns <= 0 ? 0 : DueAfter(ns);
}

inline bool IsOver(int64_t due_ns) {
  return due_ns >= 0 && signals::MonotonicNs() >= due_ns;
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_DEADLINE_H_
