#include "runtime/sync/latch.h"

#include <cstddef>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy {

using internal::WaitKind;

Latch::Latch(std::ptrdiff_t expected) : count_(expected) {
  if (expected < 0) {
    internal::Misuse("construction of a Latch", "the count is negative");
  }
}

Latch::~Latch() {
  if (!waiters_.empty()) {
    internal::Misuse("destruction of a Latch", "threads wait for it");
  }
}

void Latch::count_down(std::ptrdiff_t n) {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  lock_.Lock();
  if (n < 0 || n > count_) {
    lock_.Unlock();
    internal::Misuse("count_down of a Latch",
                     "by a negative number, or to below zero");
  }
  count_ -= n;
  if (count_ == 0) woken.TakeAll(waiters_);
  lock_.Unlock();
  woken.DeliverAll();
}

bool Latch::try_wait() const {
  const internal::LockGuard guard(lock_);
  return count_ == 0;
}

void Latch::wait() const { Wait({}); }

WaitResult Latch::Wait(const WaitOptions& options) const {
  return internal::TakeOrWait(
      lock_, waiters_, WaitKind::kLatch, this, options.stop,
      [&] { return internal::DueAfter(options.timeout); },
      [this] { return count_ == 0; });
}

}  // namespace jiffy
