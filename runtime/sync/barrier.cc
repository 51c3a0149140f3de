#include "runtime/sync/barrier.h"

#include <cstddef>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "signals/preempt.h"

namespace jiffy::internal {

BarrierCore::BarrierCore(std::ptrdiff_t expected)
    : expected_(expected), missing_(expected) {
  if (expected < 0) {
    Misuse("construction of a Barrier", "the count is negative");
  }
}

BarrierCore::~BarrierCore() {
  if (!waiters_.empty()) {
    Misuse("destruction of a Barrier", "threads wait for it");
  }
}

bool BarrierCore::Arrive(std::ptrdiff_t n, bool drop, uint64_t* phase) {
  const signals::PreemptGuard guard;
  lock_.Lock();
  if (n <= 0 || n > missing_) {
    lock_.Unlock();
    Misuse("arrival at a Barrier",
           "more arrive than the phase waits for, or none");
  }
  missing_ -= n;
  if (drop) expected_--;
  *phase = phase_;
  const bool complete = missing_ == 0;
  lock_.Unlock();
  return complete;
}

void BarrierCore::Complete() {
  const signals::PreemptGuard guard;
  WakeList woken;
  lock_.Lock();
  missing_ = expected_;
  phase_++;
  woken.TakeAll(waiters_);
  lock_.Unlock();
  woken.DeliverAll();
}

void BarrierCore::Wait(uint64_t phase) {
  TakeOrWait(
      lock_, waiters_, WaitKind::kBarrier, this, {}, [] { return kNoDeadline; },
      [&] { return phase_ != phase; });
}

}  // namespace jiffy::internal
