// sem_*: libc's sem_trywait, and a wait in the parking table.

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <cerrno>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/wait.h"
#include "signals/preempt.h"

namespace jiffy::interpose {
namespace {

int Fail(int error) {
  errno = error;
  return -1;
}

// `clock` and `time` give the deadline; without `time` there is none.
int Wait(sem_t* semaphore, clockid_t clock, const timespec* time) {
  pthread_testcancel();
  const int saved_errno = errno;
  const auto done = [&] {
    if (native.sem_trywait(semaphore) != 0) return false;
    errno = saved_errno;
    return true;
  };
  if (done()) return 0;
  if (time != nullptr && !IsValid(*time)) return Fail(EINVAL);
  const WaitSpec spec = {
      .object = semaphore,
      .due_ns = time == nullptr ? internal::kNoDeadline : DueAt(clock, *time),
      .poll = native.sem_shared.Of(semaphore),
      .cancellable = true,
  };
  for (;;) {
    switch (WaitUntil(spec, done)) {
      case ParkResult::kWoken:
        return 0;
      case ParkResult::kTimeout:
        return Fail(ETIMEDOUT);
      case ParkResult::kCancelled:
        // Returns if the thread has cancellation off.
        pthread_testcancel();
    }
  }
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerParks;
using jiffy::interpose::Libc;
using jiffy::interpose::Wait;

extern "C" {

int sem_wait(sem_t* semaphore) {
  if (!CallerParks()) return Libc().sem_wait(semaphore);
  Libc();
  return Wait(semaphore, CLOCK_REALTIME, nullptr);
}

int sem_timedwait(sem_t* semaphore, const timespec* time) {
  if (!CallerParks()) return Libc().sem_timedwait(semaphore, time);
  Libc();
  return Wait(semaphore, CLOCK_REALTIME, time);
}

int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* time) {
  if (!CallerParks() || (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)) {
    return Libc().sem_clockwait(semaphore, clock, time);
  }
  Libc();
  return Wait(semaphore, clock, time);
}

int sem_post(sem_t* semaphore) noexcept {
  const int result = Libc().sem_post(semaphore);
  if (result != 0) return result;
  jiffy::interpose::FenceAfterNative();
  // From here on, the semaphore may be gone: only its address is used.
  if (jiffy::signals::task_frame.head.cpu == nullptr ||
      jiffy::interpose::CallerIsGreen()) [[likely]] {
    jiffy::interpose::Unpark(semaphore, 1);
  } else {
    // POSIX lets signal handlers post, too.
    jiffy::interpose::UnparkFromHandler(semaphore, 1);
  }
  return 0;
}

}  // extern "C"
