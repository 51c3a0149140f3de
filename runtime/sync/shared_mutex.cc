#include "runtime/sync/shared_mutex.h"

#include <cstdint>
#include <system_error>

#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "signals/preempt.h"

namespace jiffy {

using internal::Wait;
using internal::WaitKind;

SharedMutex::~SharedMutex() {
  if (!waiters_.empty()) {
    internal::Misuse("destruction of a SharedMutex", "threads wait for it");
  }
  if (Owner() != nullptr || readers_ != 0) {
    internal::Report("destruction of a SharedMutex", "it is held");
  }
}

bool SharedMutex::Take(Mode mode, const void* self) {
  if (Owner() != nullptr) return false;
  if (mode == kExclusive) {
    if (readers_ != 0) return false;
    SetOwner(self);
    return true;
  }
  readers_++;
  return true;
}

bool SharedMutex::TryLock(Mode mode) {
  const internal::LockGuard guard(lock_);
  return waiters_.empty() && Take(mode, internal::SelfId());
}

bool SharedMutex::Lock(Mode mode, int64_t due_ns) {
  if (TryLock(mode)) return true;
  const void* self = internal::SelfId();
  if (Owner() == self) {
    throw std::system_error(
        std::make_error_code(std::errc::resource_deadlock_would_occur),
        "jiffy: the caller holds this SharedMutex exclusively already");
  }
  Wait wait;
  wait.waiter.mark = mode;
  wait.waiter.payload = const_cast<void*>(self);
  const signals::PreemptGuard guard;
  lock_.Lock();
  if (waiters_.empty() && Take(mode, self)) {
    lock_.Unlock();
    return true;
  }
  const WaitResult result =
      internal::WaitInList(lock_, waiters_, wait, WaitKind::kSharedMutex,
                           static_cast<const internal::Owned*>(this), due_ns);
  if (result == WaitResult::kReady) return true;
  // A writer that gave up may have blocked readers behind it that can lock now.
  internal::WakeList woken;
  lock_.Lock();
  GrantNext(woken);
  lock_.Unlock();
  woken.DeliverAll();
  return false;
}

void SharedMutex::GrantNext(internal::WakeList& woken) {
  while (!waiters_.empty()) {
    const internal::Waiter& first = *waiters_.front();
    if (!Take(static_cast<Mode>(first.mark), first.payload)) return;
    woken.Add(waiters_.PopFront());
  }
}

void SharedMutex::unlock() {
  const signals::PreemptGuard guard;
  if (Owner() != internal::SelfId()) {
    internal::Misuse("unlock of a SharedMutex",
                     Owner() == nullptr ? "nobody holds it exclusively"
                                        : "another thread holds it");
  }
  internal::WakeList woken;
  lock_.Lock();
  SetOwner(nullptr);
  GrantNext(woken);
  lock_.Unlock();
  woken.DeliverAll();
}

void SharedMutex::unlock_shared() {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  lock_.Lock();
  if (readers_ == 0) {
    lock_.Unlock();
    internal::Misuse("unlock_shared of a SharedMutex",
                     "nobody holds it shared");
  }
  if (--readers_ == 0) GrantNext(woken);
  lock_.Unlock();
  woken.DeliverAll();
}

}  // namespace jiffy
