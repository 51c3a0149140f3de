// pthread_rwlock_*: libc's try functions, and a wait in the parking table.
//
// Readers pass waiting writers, as in libc, unless the lock's kind is
// PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP.

#include <pthread.h>
#include <time.h>

#include <cerrno>
#include <cstdint>

#include "arch/context.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/wait.h"
#include "runtime/libc/thread_block.h"

namespace jiffy::interpose {
namespace {

using internal::kNoDeadline;

// Marks of waiters.
constexpr uint32_t kReader = 1;
constexpr uint32_t kWriter = 2;

bool PrefersWriters(const pthread_rwlock_t* lock) {
  return lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
}

int TryLock(pthread_rwlock_t* lock, uint32_t as) {
  if (as == kWriter) return Libc().rwlock_trywrlock(lock);
  if (PrefersWriters(lock) && AnyParked(lock, kWriter)) return EBUSY;
  return Libc().rwlock_tryrdlock(lock);
}

// `clock` and `time` give the deadline; without `time` there is none.
int Lock(pthread_rwlock_t* lock, uint32_t as, clockid_t clock,
         const timespec* time) {
  int error = TryLock(lock, as);
  if (error != EBUSY) return error;
  if (lock->__data.__cur_writer ==
      internal::LibcThreadId(arch::ThreadPointer())) {
    return EDEADLK;
  }
  if (time != nullptr && !IsValid(*time)) return EINVAL;
  const WaitSpec spec = {
      .object = lock,
      .kind = internal::WaitKind::kLibcRwlock,
      .mask = as,
      .due_ns = time == nullptr ? kNoDeadline : DueAt(clock, *time),
      .poll = lock->__data.__shared != 0,
  };
  const auto done = [&] {
    error = TryLock(lock, as);
    return error != EBUSY;
  };
  if (WaitUntil(spec, done) != ParkResult::kTimeout) return error;
  // Readers may have waited only because of this writer.
  if (as == kWriter && PrefersWriters(lock)) Unpark(lock, kAll);
  return ETIMEDOUT;
}

// Wakes the threads that may now get the lock. Those that come too late wait
// again.
void UnparkAfterUnlock(pthread_rwlock_t* lock, bool prefers_writers) {
  if (prefers_writers && Unpark(lock, 1, kWriter) != 0) return;
  Unpark(lock, kAll);
}

bool IsKnown(clockid_t clock) {
  return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME;
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerParks;
using jiffy::interpose::IsKnown;
using jiffy::interpose::kReader;
using jiffy::interpose::kWriter;
using jiffy::interpose::Libc;
using jiffy::interpose::Lock;

extern "C" {

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  if (!CallerParks()) return Libc().rwlock_rdlock(lock);
  return Lock(lock, kReader, CLOCK_REALTIME, nullptr);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  if (!CallerParks()) return Libc().rwlock_wrlock(lock);
  return Lock(lock, kWriter, CLOCK_REALTIME, nullptr);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock,
                               const timespec* time) noexcept {
  if (!CallerParks()) return Libc().rwlock_timedrdlock(lock, time);
  return Lock(lock, kReader, CLOCK_REALTIME, time);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock,
                               const timespec* time) noexcept {
  if (!CallerParks()) return Libc().rwlock_timedwrlock(lock, time);
  return Lock(lock, kWriter, CLOCK_REALTIME, time);
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                               const timespec* time) noexcept {
  if (!CallerParks() || !IsKnown(clock)) {
    return Libc().rwlock_clockrdlock(lock, clock, time);
  }
  return Lock(lock, kReader, clock, time);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                               const timespec* time) noexcept {
  if (!CallerParks() || !IsKnown(clock)) {
    return Libc().rwlock_clockwrlock(lock, clock, time);
  }
  return Lock(lock, kWriter, clock, time);
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  // Read first: after the unlock, the lock may be gone.
  const bool prefers_writers = jiffy::interpose::PrefersWriters(lock);
  const int error = Libc().rwlock_unlock(lock);
  jiffy::interpose::FenceAfterNative();
  jiffy::interpose::UnparkAfterUnlock(lock, prefers_writers);
  return error;
}

}  // extern "C"
