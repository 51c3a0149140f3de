// jiffy::SharedMutex: std::shared_timed_mutex, and so std::shared_mutex too.
//
// Strictly first come, first served: a reader that comes after a waiting writer
// waits behind it, so writers do not starve. An unlock hands the mutex over. A
// thread that holds it shared must not lock it shared again: a writer may wait
// between the two.
//
// Misuse: as with Mutex. The shared holders are not recorded.
#ifndef JIFFY_RUNTIME_SYNC_SHARED_MUTEX_H_
#define JIFFY_RUNTIME_SYNC_SHARED_MUTEX_H_

#include <chrono>
#include <cstdint>

#include "absl/time/time.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

// Meets the standard's SharedTimedLockable. Context of all members: green
// thread or OS thread.
class SharedMutex : private internal::Owned {
 public:
  constexpr SharedMutex() = default;
  ~SharedMutex();
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  // Throws std::system_error (resource_deadlock_would_occur) if the caller
  // holds it exclusively. Switches: if it has to wait.
  void lock() { Lock(kExclusive, internal::kNoDeadline); }
  bool try_lock() { return TryLock(kExclusive); }
  void unlock();

  void lock_shared() { Lock(kShared, internal::kNoDeadline); }
  bool try_lock_shared() { return TryLock(kShared); }
  void unlock_shared();

  template <typename Rep, typename Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) {
    return Lock(kExclusive, internal::DueAfter(timeout));
  }
  bool try_lock_for(absl::Duration timeout) {
    return Lock(kExclusive, internal::DueAfter(timeout));
  }
  template <typename Clock, typename Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& time) {
    return Lock(kExclusive, internal::DueAt(time));
  }
  template <typename Rep, typename Period>
  bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& timeout) {
    return Lock(kShared, internal::DueAfter(timeout));
  }
  bool try_lock_shared_for(absl::Duration timeout) {
    return Lock(kShared, internal::DueAfter(timeout));
  }
  template <typename Clock, typename Duration>
  bool try_lock_shared_until(
      const std::chrono::time_point<Clock, Duration>& time) {
    return Lock(kShared, internal::DueAt(time));
  }

 private:
  enum Mode : uint32_t { kShared, kExclusive };

  bool TryLock(Mode mode);
  bool Lock(Mode mode, int64_t due_ns);
  // Under lock_: takes the mutex if its holders permit. Returns whether it did.
  bool Take(Mode mode, const void* self);
  // Under lock_: gives the mutex to as many waiters as possible, from the
  // front.
  void GrantNext(internal::WakeList& woken);

  internal::BiasedLock lock_;
  uint64_t readers_ = 0;
  internal::WaitList waiters_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_SHARED_MUTEX_H_
