#include "runtime/sync/wait_group.h"

#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy {

WaitGroup::~WaitGroup() {
  if (!waiters_.empty()) {
    internal::Misuse("destruction of a WaitGroup", "threads wait for it");
  }
}

void WaitGroup::Add(int64_t n) {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  lock_.Lock();
  if (n < -count_) {
    lock_.Unlock();
    internal::Misuse("Add or Done of a WaitGroup", "the count is below zero");
  }
  count_ += n;
  if (count_ == 0) woken.TakeAll(waiters_);
  lock_.Unlock();
  woken.DeliverAll();
}

WaitResult WaitGroup::Wait(const WaitOptions& options) {
  return internal::TakeOrWait(
      lock_, waiters_, internal::WaitKind::kWaitGroup, this, options.stop,
      [&] { return internal::DueAfter(options.timeout); },
      [this] { return count_ == 0; });
}

}  // namespace jiffy
