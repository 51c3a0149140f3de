#include "runtime/sync/timer.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"
#include "signals/tick.h"

namespace jiffy {

Timer::~Timer() {
  if (!alarm_.waiters.empty()) {
    internal::Misuse("destruction of a Timer", "threads wait for it");
  }
  const signals::PreemptGuard guard;
  if (!alarm_.queued()) return;
  if (!internal::InGreenThread()) {
    internal::Misuse("destruction of a Timer",
                     "it is pending; only a green thread can stop it");
  }
  alarm_.Cancel();
}

absl::Status Timer::Set(absl::Duration delay) {
  if (!internal::InGreenThread()) {
    return absl::FailedPreconditionError(
        "Timer::Set: called outside of a green thread; timers belong to a run");
  }
  const int64_t due = internal::AtLatest(internal::DueAfter(delay));
  const signals::PreemptGuard guard;
  alarm_.Set(due);
  return absl::OkStatus();
}

bool Timer::Cancel() {
  const signals::PreemptGuard guard;
  if (!alarm_.queued()) return false;
  if (!internal::InGreenThread()) {
    internal::Misuse("Cancel of a Timer", "only a green thread can stop it");
  }
  return alarm_.Cancel();
}

bool Timer::Expired() const {
  const internal::LockGuard guard(alarm_.lock);
  return alarm_.expired;
}

WaitResult Timer::Wait(const WaitOptions& options) {
  return internal::TakeOrWait(
      alarm_.lock, alarm_.waiters, internal::WaitKind::kTimer, this,
      options.stop, [&] { return internal::DueAfter(options.timeout); },
      [this] { return alarm_.expired; });
}

}  // namespace jiffy
