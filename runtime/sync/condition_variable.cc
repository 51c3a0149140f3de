#include "runtime/sync/condition_variable.h"

#include <cstdint>
#include <mutex>
#include <stop_token>

#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/wait.h"
#include "signals/preempt.h"

namespace jiffy {

using internal::kAlreadyOver;
using internal::Wait;
using internal::Waiter;
using internal::WaitKind;

ConditionVariable::~ConditionVariable() {
  if (!waiters_.empty()) {
    internal::Misuse("destruction of a ConditionVariable",
                     "threads wait in it");
  }
}

void ConditionVariable::notify_one() {
  const signals::PreemptGuard guard;
  lock_.Lock();
  Waiter* first = waiters_.PopFront();
  lock_.Unlock();
  if (first != nullptr) internal::Deliver(first);
}

void ConditionVariable::notify_all() {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  lock_.Lock();
  woken.TakeAll(waiters_);
  lock_.Unlock();
  woken.DeliverAll();
}

ConditionVariable::Place::Place(ConditionVariable& condition, Wait& wait,
                                int64_t due_ns)
    : condition_(condition), wait_(wait), due_ns_(due_ns) {
  const internal::LockGuard guard(condition_.lock_);
  entered_ = !wait.stop_requested && due_ns != kAlreadyOver;
  if (entered_) condition_.waiters_.PushBack(&wait.waiter, condition_.lock_);
  if (wait.stop_requested) over_ = WaitResult::kStopped;
}

WaitResult ConditionVariable::Place::Await() {
  if (!entered_) {
    internal::YieldCurrent();
    return over_;
  }
  entered_ = false;
  const signals::PreemptGuard guard;
  if (!internal::ParkUntilDelivered(wait_.waiter, WaitKind::kCondition,
                                    &condition_, due_ns_)) {
    return WaitResult::kTimeout;
  }
  return wait_.stopped ? WaitResult::kStopped : WaitResult::kReady;
}

void ConditionVariable::Place::Leave() {
  {
    const signals::PreemptGuard guard;
    condition_.lock_.Lock();
    const bool waits = wait_.waiter.list != nullptr;
    if (waits) condition_.waiters_.Remove(&wait_.waiter);
    condition_.lock_.Unlock();
    if (waits) return;
    // The thread that took the waiter from the list uses it until the delivery.
    internal::ParkUntilDelivered(wait_.waiter, WaitKind::kCondition,
                                 &condition_, internal::kNoDeadline);
  }
  // This thread does not use its notification: pass it on.
  if (!wait_.stopped) condition_.notify_one();
}

WaitResult ConditionVariable::WaitUnlocked(std::unique_lock<Mutex>& lock,
                                           int64_t due_ns,
                                           const std::stop_token& stop) {
  Mutex* mutex = lock.mutex();
  if (!lock.owns_lock() || !mutex->HeldByCaller()) {
    internal::Misuse("wait in a ConditionVariable",
                     "it does not hold the mutex");
  }
  Wait wait;
  WaitResult result;
  internal::UnlessStopped(stop, lock_, wait, [&] {
    const signals::PreemptGuard guard;
    Place place(*this, wait, due_ns);
    mutex->UnlockNoPreempt();
    result = place.Await();
  });
  mutex->lock();
  return result;
}

}  // namespace jiffy
