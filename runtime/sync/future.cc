#include "runtime/sync/future.h"

#include "runtime/biased_lock.h"
#include "runtime/waiter.h"
#include "signals/preempt.h"

namespace jiffy::internal {

bool FutureEvent::Claim() {
  const LockGuard guard(lock_);
  if (claimed_) return false;
  claimed_ = true;
  return true;
}

void FutureEvent::Unclaim() {
  const LockGuard guard(lock_);
  claimed_ = false;
}

void FutureEvent::Set() {
  const signals::PreemptGuard guard;
  WakeList woken;
  lock_.Lock();
  set_ = true;
  woken.TakeAll(waiters_);
  lock_.Unlock();
  woken.DeliverAll();
}

}  // namespace jiffy::internal
