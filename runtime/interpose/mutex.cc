// pthread_mutex_*: libc's trylock, and a wait in the parking table where libc's
// lock would wait in the kernel. So libc's own fields record the holder and the
// depth, and all kinds and static initialisers are libc's.

#include <pthread.h>
#include <time.h>

#include <atomic>
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

// Bits of __kind: the types of PTHREAD_MUTEX_*, and process-shared.
constexpr int kTypeMask = 3;
constexpr int kSharedBit = 128;

bool WouldDeadlock(const pthread_mutex_t* mutex) {
  return (mutex->__data.__kind & kTypeMask) == PTHREAD_MUTEX_ERRORCHECK &&
         mutex->__data.__owner == internal::LibcThreadId(arch::ThreadPointer());
}

// Locks a mutex that trylock found taken.
int LockContended(pthread_mutex_t* mutex, int64_t due_ns) {
  if (WouldDeadlock(mutex)) return EDEADLK;
  int error = EBUSY;
  const auto done = [&] {
    error = native.mutex_trylock(mutex);
    return error != EBUSY;
  };
  const auto hidden_changes = [&] {
    return BucketOf(mutex).hidden_unlockers.load(std::memory_order_relaxed) !=
           0;
  };
  const WaitSpec spec = {
      .object = mutex,
      .kind = internal::WaitKind::kLibcMutex,
      .due_ns = due_ns,
      .poll = (mutex->__data.__kind & kSharedBit) != 0,
  };
  return WaitUntil(spec, done, hidden_changes) == ParkResult::kTimeout
             ? ETIMEDOUT
             : error;
}

int ClockLock(pthread_mutex_t* mutex, clockid_t clock, const timespec* time) {
  const int error = native.mutex_trylock(mutex);
  if (error != EBUSY) return error;
  if (!IsValid(*time)) return EINVAL;
  return LockContended(mutex, DueAt(clock, *time));
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerParks;
using jiffy::interpose::Libc;

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (!CallerParks()) return Libc().mutex_lock(mutex);
  const int error = Libc().mutex_trylock(mutex);
  if (error != EBUSY) [[likely]]
    return error;
  return jiffy::interpose::LockContended(mutex, jiffy::internal::kNoDeadline);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int error = Libc().mutex_unlock(mutex);
  jiffy::interpose::FenceAfterNative();
  // From here on, the mutex may be gone: only its address is used.
  jiffy::interpose::Unpark(mutex, 1);
  return error;
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                            const timespec* time) noexcept {
  if (!CallerParks() || (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)) {
    return Libc().mutex_clocklock(mutex, clock, time);
  }
  Libc();
  return jiffy::interpose::ClockLock(mutex, clock, time);
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex,
                            const timespec* time) noexcept {
  if (!CallerParks()) return Libc().mutex_timedlock(mutex, time);
  Libc();
  return jiffy::interpose::ClockLock(mutex, CLOCK_REALTIME, time);
}

}  // extern "C"
