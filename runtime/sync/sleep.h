// Sleeping until a point in time, and sleep that a stop request ends. The plain
// this_thread::SleepFor is in runtime/thread.h.
#ifndef JIFFY_RUNTIME_SYNC_SLEEP_H_
#define JIFFY_RUNTIME_SYNC_SLEEP_H_

#include <chrono>
#include <stop_token>

#include "absl/time/time.h"
#include "runtime/core/deadline.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

namespace internal {

WaitResult SleepUntilDue(int64_t due_ns, const std::stop_token& stop);

}  // namespace internal

namespace this_thread {

// Waits for `duration`, by the steady clock, or until a stop is requested.
// Returns kTimeout or kStopped. Returns at once if the time is already over.
// Context: green thread or OS thread. Switches: yes.
inline WaitResult SleepFor(absl::Duration duration,
                           const std::stop_token& stop) {
  return internal::SleepUntilDue(internal::DueAfter(duration), stop);
}

// Waits until `time`. A time of a clock other than the steady one is converted
// when the wait begins.
template <typename Clock, typename Duration>
WaitResult SleepUntil(const std::chrono::time_point<Clock, Duration>& time,
                      const std::stop_token& stop = {}) {
  return internal::SleepUntilDue(internal::DueAt(time), stop);
}

}  // namespace this_thread
}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_SLEEP_H_
