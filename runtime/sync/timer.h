// jiffy::Timer: expires at a set time; threads wait for that, alone or in a
// Select. To run a function later, spawn a thread that sleeps: the cost is
// about the same.
#ifndef JIFFY_RUNTIME_SYNC_TIMER_H_
#define JIFFY_RUNTIME_SYNC_TIMER_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/core/alarm.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

namespace internal {
class TimerCase;
}  // namespace internal

// Setting, cancelling and expiring take O(log n) steps in the worst case, where
// n timers and sleepers are pending, and no system call unless the timer
// becomes the first. Setting a timer that is due after all others needs no
// search.
class Timer {
 public:
  Timer() = default;
  // Cancels. Context: green thread; anywhere if the timer is not pending.
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Makes the timer expire after `delay`, and discards any earlier setting; a
  // negative delay is zero. Context: green thread. Errors: FailedPrecondition
  // elsewhere.
  absl::Status Set(absl::Duration delay);
  // Cancels the timer. Returns whether it was pending. Threads that wait for it
  // keep waiting, until it is set again and expires. Context: green thread.
  bool Cancel();
  // Returns whether the timer expired since it was last set. Context: anywhere.
  bool Expired() const;
  // Waits until the timer has expired. Context: green thread or OS thread.
  // Switches: if it has to wait.
  WaitResult Wait(const WaitOptions& options = {});

 private:
  friend class internal::TimerCase;

  mutable internal::Alarm alarm_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_TIMER_H_
