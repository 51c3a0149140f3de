#include "runtime/sync/once.h"

#include <atomic>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "signals/preempt.h"

namespace jiffy {

bool OnceFlag::Begin() {
  internal::TakeOrWait(
      lock_, waiters_, internal::WaitKind::kOnce, this, {},
      [] { return internal::kNoDeadline; },
      [this] {
        if (done()) return true;
        if (running_) return false;
        running_ = true;
        return true;
      });
  // The waiter was woken because the call is done, or because it inherits
  // running_.
  return !done();
}

void OnceFlag::End(bool is_done) {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  lock_.Lock();
  if (is_done) {
    done_.store(true, std::memory_order_release);
    running_ = false;
    woken.TakeAll(waiters_);
  } else if (internal::Waiter* next = waiters_.PopFront(); next != nullptr) {
    woken.Add(next);
  } else {
    running_ = false;
  }
  lock_.Unlock();
  woken.DeliverAll();
}

}  // namespace jiffy
