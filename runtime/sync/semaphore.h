// jiffy::CountingSemaphore and BinarySemaphore: std::counting_semaphore, but
// stop requests can end the waits. Waiters get permits first come, first
// served.
#ifndef JIFFY_RUNTIME_SYNC_SEMAPHORE_H_
#define JIFFY_RUNTIME_SYNC_SEMAPHORE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"

namespace jiffy {

namespace internal {

class SemaphoreCore {
 public:
  constexpr SemaphoreCore(int64_t permits, int64_t most)
      : permits_(permits), most_(most) {
    if (permits < 0 || permits > most) BadCount();
  }
  ~SemaphoreCore();
  SemaphoreCore(const SemaphoreCore&) = delete;
  SemaphoreCore& operator=(const SemaphoreCore&) = delete;

  void Release(int64_t permits);

  template <typename Due>
  WaitResult Acquire(const std::stop_token& stop, Due due) {
    return TakeOrWait(lock_, waiters_, WaitKind::kSemaphore, this, stop, due,
                      [this] { return Take(); });
  }
  bool TryAcquire() {
    const LockGuard guard(lock_);
    return Take();
  }

 private:
  // Context: lock_ held.
  bool Take() {
    if (permits_ == 0) return false;
    permits_--;
    return true;
  }
  [[noreturn]] static void BadCount();

  BiasedLock lock_;
  // Zero while threads wait.
  int64_t permits_;
  const int64_t most_;
  WaitList waiters_;
};

}  // namespace internal

// Context of all members: green thread or OS thread.
template <std::ptrdiff_t kMost = std::numeric_limits<std::ptrdiff_t>::max()>
class CountingSemaphore {
  static_assert(kMost >= 0);

 public:
  static constexpr std::ptrdiff_t max() noexcept { return kMost; }

  // Aborts with a message if `permits` is negative or above max().
  constexpr explicit CountingSemaphore(std::ptrdiff_t permits)
      : core_(permits, kMost) {}

  // Adds permits and wakes as many waiters. Aborts with a message if `permits`
  // is negative or there would be more than max(). Switches: if the policy
  // prefers a woken thread.
  void release(std::ptrdiff_t permits = 1) { core_.Release(permits); }

  // Switches: if it has to wait.
  void acquire() {
    core_.Acquire({}, [] { return internal::kNoDeadline; });
  }
  bool try_acquire() { return core_.TryAcquire(); }
  template <typename Rep, typename Period>
  bool try_acquire_for(const std::chrono::duration<Rep, Period>& timeout) {
    return core_.Acquire({}, [&] { return internal::DueAfter(timeout); }) ==
           WaitResult::kReady;
  }
  bool try_acquire_for(absl::Duration timeout) {
    return Acquire({.timeout = timeout}) == WaitResult::kReady;
  }
  template <typename Clock, typename Duration>
  bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& time) {
    return core_.Acquire({}, [&] { return internal::DueAt(time); }) ==
           WaitResult::kReady;
  }
  WaitResult Acquire(const WaitOptions& options) {
    return core_.Acquire(options.stop,
                         [&] { return internal::DueAfter(options.timeout); });
  }

 private:
  internal::SemaphoreCore core_;
};

using BinarySemaphore = CountingSemaphore<1>;

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_SEMAPHORE_H_
