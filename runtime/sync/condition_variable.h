// jiffy::ConditionVariable: std::condition_variable and
// std::condition_variable_any in one.
//
//   std::unique_lock lock(mutex);
//   ready.wait(lock, [&] { return !queue.empty(); });
//
// Threads are woken first come, first served. There are no spurious wake-ups,
// but the condition may be false again when the woken thread gets the mutex.
#ifndef JIFFY_RUNTIME_SYNC_CONDITION_VARIABLE_H_
#define JIFFY_RUNTIME_SYNC_CONDITION_VARIABLE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

#include "absl/time/time.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy {

// Context of all members: green thread or OS thread.
class ConditionVariable {
 public:
  constexpr ConditionVariable() = default;
  // No thread may wait in it.
  ~ConditionVariable();
  ConditionVariable(const ConditionVariable&) = delete;
  ConditionVariable& operator=(const ConditionVariable&) = delete;

  // Wake the thread that has waited longest, or all. Switch: if the policy
  // prefers a woken thread.
  void notify_one();
  void notify_all();

  // Each wait unlocks, waits, and holds the lock again when it returns. If its
  // time is over already, or a stop is requested, it still unlocks, lets other
  // threads run, and locks again. `Lock` is std::unique_lock<jiffy::Mutex> or
  // any type with lock() and unlock(). Exceptions of unlock(), before the wait,
  // and of lock(), after it, pass through.
  template <typename Lock>
  void wait(Lock& lock) {
    WaitUnlocked(lock, internal::kNoDeadline, {});
  }
  template <typename Lock, typename Predicate>
  void wait(Lock& lock, Predicate predicate) {
    while (!predicate()) wait(lock);
  }

  template <typename Lock, typename Clock, typename Duration>
  std::cv_status wait_until(
      Lock& lock, const std::chrono::time_point<Clock, Duration>& time) {
    return WaitStatus(lock, internal::DueAt(time));
  }
  template <typename Lock, typename Clock, typename Duration,
            typename Predicate>
  bool wait_until(Lock& lock,
                  const std::chrono::time_point<Clock, Duration>& time,
                  Predicate predicate) {
    return WaitPredicate(lock, internal::DueAt(time), {}, predicate);
  }
  template <typename Lock, typename Rep, typename Period>
  std::cv_status wait_for(Lock& lock,
                          const std::chrono::duration<Rep, Period>& timeout) {
    return WaitStatus(lock, internal::DueAfter(timeout));
  }
  template <typename Lock, typename Rep, typename Period, typename Predicate>
  bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& timeout,
                Predicate predicate) {
    return WaitPredicate(lock, internal::DueAfter(timeout), {}, predicate);
  }
  template <typename Lock>
  std::cv_status wait_for(Lock& lock, absl::Duration timeout) {
    return WaitStatus(lock, internal::DueAfter(timeout));
  }
  template <typename Lock, typename Predicate>
  bool wait_for(Lock& lock, absl::Duration timeout, Predicate predicate) {
    return WaitPredicate(lock, internal::DueAfter(timeout), {}, predicate);
  }

  // Do the same, but a stop request also ends the wait; return the predicate's
  // last value.
  template <typename Lock, typename Predicate>
  bool wait(Lock& lock, std::stop_token stop, Predicate predicate) {
    return WaitPredicate(lock, internal::kNoDeadline, stop, predicate);
  }
  template <typename Lock, typename Clock, typename Duration,
            typename Predicate>
  bool wait_until(Lock& lock, std::stop_token stop,
                  const std::chrono::time_point<Clock, Duration>& time,
                  Predicate predicate) {
    return WaitPredicate(lock, internal::DueAt(time), stop, predicate);
  }
  template <typename Lock, typename Rep, typename Period, typename Predicate>
  bool wait_for(Lock& lock, std::stop_token stop,
                const std::chrono::duration<Rep, Period>& timeout,
                Predicate predicate) {
    return WaitPredicate(lock, internal::DueAfter(timeout), stop, predicate);
  }

 private:
  template <typename Lock>
  std::cv_status WaitStatus(Lock& lock, int64_t due_ns) {
    return WaitUnlocked(lock, due_ns, {}) == WaitResult::kTimeout
               ? std::cv_status::timeout
               : std::cv_status::no_timeout;
  }

  template <typename Lock, typename Predicate>
  bool WaitPredicate(Lock& lock, int64_t due_ns, const std::stop_token& stop,
                     Predicate& predicate) {
    for (;;) {
      if (predicate()) return true;
      if (WaitUnlocked(lock, due_ns, stop) != WaitResult::kReady) {
        return predicate();
      }
    }
  }

  // For any lock. The waiter enters the list before the unlock, so that a later
  // notification finds it.
  template <typename Lock>
  WaitResult WaitUnlocked(Lock& lock, int64_t due_ns,
                          const std::stop_token& stop) {
    internal::Wait wait;
    WaitResult result;
    internal::UnlessStopped(stop, lock_, wait, [&] {
      Place place(*this, wait, due_ns);
      lock.unlock();
      result = place.Await();
    });
    lock.lock();
    return result;
  }
  // For our own mutex: no thread runs between unlocking and waiting.
  WaitResult WaitUnlocked(std::unique_lock<Mutex>& lock, int64_t due_ns,
                          const std::stop_token& stop);

  // The place of a wait in the list; there is none if the wait is already over.
  // If the lock's unlock() throws, the destructor runs before Await and gives
  // the place up.
  class Place {
   public:
    Place(ConditionVariable& condition, internal::Wait& wait, int64_t due_ns);
    ~Place() {
      if (entered_) Leave();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    WaitResult Await();

   private:
    void Leave();

    ConditionVariable& condition_;
    internal::Wait& wait_;
    const int64_t due_ns_;
    bool entered_;
    // The result if it has no place.
    WaitResult over_ = WaitResult::kTimeout;
  };

  internal::BiasedLock lock_;
  internal::WaitList waiters_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_CONDITION_VARIABLE_H_
