#include "runtime/sync/condition_variable.h"

#include <cstdint>
#include <mutex>
#include <stop_token>

#include "runtime/sync/mutex.h"
#include "runtime/sync/wait.h"
#include "runtime/waiter.h"
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

bool ConditionVariable::Enter(Wait& wait, int64_t due_ns, WaitResult& result) {
  const internal::LockGuard guard(lock_);
  if (wait.stop_requested || due_ns == kAlreadyOver) {
    result = wait.stop_requested ? WaitResult::kStopped : WaitResult::kTimeout;
    return false;
  }
  waiters_.PushBack(&wait.waiter, lock_);
  return true;
}

WaitResult ConditionVariable::Await(Wait& wait, int64_t due_ns) {
  const signals::PreemptGuard guard;
  if (!internal::ParkUntilDelivered(wait.waiter, WaitKind::kCondition, this,
                                    due_ns)) {
    return WaitResult::kTimeout;
  }
  return wait.stopped ? WaitResult::kStopped : WaitResult::kReady;
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
  WaitResult result = WaitResult::kReady;
  bool unlocked = false;
  internal::UnlessStopped(stop, lock_, wait, [&] {
    const signals::PreemptGuard guard;
    if (!Enter(wait, due_ns, result)) return;
    mutex->UnlockNoPreempt();
    unlocked = true;
    result = Await(wait, due_ns);
  });
  if (unlocked) mutex->lock();
  return result;
}

}  // namespace jiffy
