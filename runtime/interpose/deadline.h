// Converts libc's points in time to the runtime's.
#ifndef JIFFY_RUNTIME_INTERPOSE_DEADLINE_H_
#define JIFFY_RUNTIME_INTERPOSE_DEADLINE_H_

#include <time.h>

#include <cstdint>

#include "absl/time/time.h"
#include "runtime/core/deadline.h"
#include "signals/tick.h"

namespace jiffy::interpose {

inline bool IsValid(const timespec& time) {
  return time.tv_nsec >= 0 && time.tv_nsec < signals::kNsPerSecond;
}

// A time that libc is given is always a deadline, however late: never
// kNoDeadline.
inline int64_t DueAfter(absl::Duration timeout) {
  return internal::AtLatest(internal::DueAfter(timeout));
}
inline int64_t DueAfter(const timespec& timeout) {
  return DueAfter(absl::DurationFromTimespec(timeout));
}
inline int64_t DueAt(clockid_t clock, const timespec& time) {
  return internal::AtLatest(internal::DueAt(clock, time));
}

inline bool IsOver(int64_t due_ns) {
  return due_ns != internal::kNoDeadline && signals::MonotonicNs() >= due_ns;
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_DEADLINE_H_
