// jiffy::Timer: something that goes off at a time, which threads wait for,
// alone or in a Select. To run a function later, spawn a thread that sleeps: it
// costs about as much.
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

// Setting, cancelling and expiring take O(log n) steps in the worst case where
// n timers and sleepers are pending, and no system call unless the timer
// becomes the first. Setting one that is due after all others takes no search.
class Timer {
 public:
  Timer() = default;
  // Cancels. Context: green thread; anywhere if the timer is not pending.
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Has the timer go off after `delay`, whatever it was set to before; a
  // negative one is zero. Context: green thread. Errors: FailedPrecondition
  // elsewhere.
  absl::Status Set(absl::Duration delay);
  // Returns whether it was still to go off. Who waits for it goes on waiting,
  // until it is set and goes off. Context: green thread.
  bool Cancel();
  // Whether it went off since it was last set. Context: anywhere.
  bool Expired() const;
  // Waits until it has gone off. Context: green thread or OS thread. Switches:
  // if it has to wait.
  WaitResult Wait(const WaitOptions& options = {});

 private:
  friend class internal::TimerCase;

  mutable internal::Alarm alarm_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_TIMER_H_
