// pthread_cond_*: green threads wait in the parking table, OS threads in libc.
// A signal goes to a green thread if one waits, else to libc.

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"

namespace jiffy::interpose {
namespace {

using internal::kNoDeadline;

int WaitGreen(pthread_cond_t* condition, pthread_mutex_t* mutex,
              int64_t due_ns) {
  pthread_testcancel();
  // A signal from another process does not reach the table: wake up spuriously,
  // as conditions may, so that the caller checks again.
  const bool shared = Libc().cond_shared.Of(condition);
  const int64_t until = shared ? Backoff().Next(due_ns) : due_ns;

  AddressWait wait(condition);
  // Before the mutex is free: the thread that takes it next finds this entry.
  wait.Enqueue();
  if (const int error = pthread_mutex_unlock(mutex); error != 0) {
    if (!wait.Withdraw()) Unpark(condition, 1);
    return error;
  }
  const ParkResult result =
      wait.AwaitCancellable(internal::WaitKind::kAddress, condition, until);
  const int error = pthread_mutex_lock(mutex);
  // Cleanup handlers expect the mutex to be locked.
  if (result == ParkResult::kCancelled) pthread_testcancel();
  if (error != 0) return error;
  return result == ParkResult::kTimeout && (!shared || IsOver(due_ns))
             ? ETIMEDOUT
             : 0;
}

// In scope while an OS thread is inside libc's wait, which unlocks the mutex:
// green threads that wait for the mutex must poll it.
class HiddenUnlock {
 public:
  explicit HiddenUnlock(pthread_mutex_t* mutex) : bucket_(BucketOf(mutex)) {
    bucket_.hidden_unlockers.fetch_add(1);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    // Threads that already wait do not know yet.
    Unpark(mutex, kAll);
  }
  ~HiddenUnlock() { bucket_.hidden_unlockers.fetch_sub(1); }
  HiddenUnlock(const HiddenUnlock&) = delete;
  HiddenUnlock& operator=(const HiddenUnlock&) = delete;

 private:
  Bucket& bucket_;
};

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerParks;
using jiffy::interpose::DueAt;
using jiffy::interpose::HiddenUnlock;
using jiffy::interpose::IsValid;
using jiffy::interpose::Libc;
using jiffy::interpose::Unpark;
using jiffy::interpose::WaitGreen;

extern "C" {

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (!CallerParks()) {
    const HiddenUnlock hidden(mutex);
    return Libc().cond_wait(condition, mutex);
  }
  return WaitGreen(condition, mutex, jiffy::internal::kNoDeadline);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* time) {
  if (!CallerParks()) {
    const HiddenUnlock hidden(mutex);
    return Libc().cond_timedwait(condition, mutex, time);
  }
  if (!IsValid(*time)) return EINVAL;
  const clockid_t clock =
      Libc().cond_monotonic.Of(condition) ? CLOCK_MONOTONIC : CLOCK_REALTIME;
  return WaitGreen(condition, mutex, DueAt(clock, *time));
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           clockid_t clock, const timespec* time) {
  if (!CallerParks()) {
    const HiddenUnlock hidden(mutex);
    return Libc().cond_clockwait(condition, mutex, clock, time);
  }
  if (!IsValid(*time) ||
      (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)) {
    return EINVAL;
  }
  return WaitGreen(condition, mutex, DueAt(clock, *time));
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  // Read first: once a thread is woken, the condition may be gone.
  const bool shared = Libc().cond_shared.Of(condition);
  if (Unpark(condition, 1) != 0 && !shared) return 0;
  return Libc().cond_signal(condition);
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  const int error = Libc().cond_broadcast(condition);
  Unpark(condition, jiffy::interpose::kAll);
  return error;
}

}  // extern "C"
