#include "runtime/sync/event.h"

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy {

Event::~Event() {
  if (!waiters_.empty()) {
    internal::Misuse("destruction of an Event", "threads wait for it");
  }
}

void Event::Set() {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  lock_.Lock();
  if (reset_ == Reset::kManual) {
    set_ = true;
    woken.TakeAll(waiters_);
  } else if (internal::Waiter* first = waiters_.PopFront(); first != nullptr) {
    woken.Add(first);
  } else {
    set_ = true;
  }
  lock_.Unlock();
  woken.DeliverAll();
}

void Event::Clear() {
  const internal::LockGuard guard(lock_);
  set_ = false;
}

bool Event::IsSet() const {
  const internal::LockGuard guard(lock_);
  return set_;
}

WaitResult Event::Wait(const WaitOptions& options) {
  return internal::TakeOrWait(
      lock_, waiters_, internal::WaitKind::kEvent, this, options.stop,
      [&] { return internal::DueAfter(options.timeout); },
      [this] {
        if (!set_) return false;
        if (reset_ == Reset::kAuto) set_ = false;
        return true;
      });
}

}  // namespace jiffy
