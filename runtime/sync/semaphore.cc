#include "runtime/sync/semaphore.h"

#include <cstdint>

#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "signals/preempt.h"

namespace jiffy::internal {

SemaphoreCore::~SemaphoreCore() {
  if (!waiters_.empty()) {
    Misuse("destruction of a semaphore", "threads wait for it");
  }
}

void SemaphoreCore::BadCount() {
  Misuse("construction of a semaphore",
         "the count is negative or above its maximum");
}

void SemaphoreCore::Release(int64_t permits) {
  const signals::PreemptGuard guard;
  WakeList woken;
  lock_.Lock();
  if (permits < 0 || permits > most_ - permits_) {
    lock_.Unlock();
    Misuse("release of a semaphore",
           "the count is negative or the sum above its maximum");
  }
  while (permits > 0 && !waiters_.empty()) {
    woken.Add(waiters_.PopFront());
    permits--;
  }
  permits_ += permits;
  lock_.Unlock();
  woken.DeliverAll();
}

}  // namespace jiffy::internal
