#include "runtime/sync/mutex.h"

#include <cstdint>
#include <system_error>

#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// Waiter::mark of a waiter that was woken but found the mutex taken again: the
// next unlock hands the mutex to it.
constexpr uint32_t kPassedOver = 1;

}  // namespace

bool MutexCore::LockSlow(int64_t due_ns) {
  uint32_t mark = 0;
  while (Owner() != nullptr) {
    if (Owner() == SelfId()) {
      lock_.Unlock();
      signals::PreemptEnable();
      throw std::system_error(
          std::make_error_code(std::errc::resource_deadlock_would_occur),
          "jiffy: the caller holds this mutex already");
    }
    Wait wait;
    wait.waiter.mark = mark;
    wait.waiter.payload = const_cast<void*>(SelfId());
    if (mark == kPassedOver) {
      waiters_.PushFront(&wait.waiter, lock_);
    } else {
      waiters_.PushBack(&wait.waiter, lock_);
    }
    lock_.Unlock();
    if (inherits_) Lend();
    if (!ParkUntilDelivered(wait.waiter, WaitKind::kMutex,
                            static_cast<const Owned*>(this), due_ns)) {
      if (inherits_) Withdrawn();
      signals::PreemptEnable();
      return false;
    }
    if (wait.waiter.mark == kMutexHandedOver) {
      signals::PreemptEnable();
      return true;
    }
    mark = kPassedOver;
    lock_.Lock();
    waking_ = false;
  }
  Take();
  lock_.Unlock();
  signals::PreemptEnable();
  return true;
}

// Hands the mutex to the first waiter, or wakes that waiter to try.
// Context: as UnlockNoPreempt; lock_ held, released on return.
void MutexCore::PassOn() {
  if (inherits_) {
    HandOver();
    return;
  }
  Waiter* first = waiters_.PopFront();
  if (first->mark == kPassedOver) {
    first->mark = kMutexHandedOver;
    SetOwner(first->payload);
  } else {
    waking_ = true;
    SetOwner(nullptr);
  }
  lock_.Unlock();
  Deliver(first);
}

void MutexCore::UnlockedByAnother() {
  Misuse("unlock of a mutex",
         Owner() == nullptr ? "nobody holds it" : "another thread holds it");
}

void MutexCore::DestroyedWhileHeld() {
  if (!waiters_.empty()) {
    Misuse("destruction of a mutex", "threads wait for it");
  }
  Report("destruction of a mutex", "it is held");
}

}  // namespace jiffy::internal
