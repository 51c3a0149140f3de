#include "runtime/sync/future.h"

#include <cxxabi.h>

#include <exception>
#include <future>

#include "absl/functional/function_ref.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "signals/preempt.h"

namespace jiffy::internal {

void ThrowFutureError(std::future_errc code) { throw std::future_error(code); }

std::exception_ptr BrokenPromise() {
  return std::make_exception_ptr(
      std::future_error(std::future_errc::broken_promise));
}

std::exception_ptr CallAndCatch(absl::FunctionRef<void()> f) {
  try {
    f();
  } catch (abi::__forced_unwind&) {
    throw;  // pthread_exit
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

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
