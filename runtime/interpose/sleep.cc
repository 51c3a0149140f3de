// nanosleep and its family, and sched_yield, which std::this_thread's functions
// call. A green thread sleeps to the end: signals do not shorten the sleep.
#include "runtime/interpose/sleep.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "absl/time/time.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"
#include "signals/preempt.h"

namespace jiffy::interpose {
namespace {

using internal::WaitKind;

// Threads that share the OS thread's block cannot be cancelled.
void SleepWithoutCancellation(int64_t due_ns) {
  const signals::PreemptGuard guard;
  while (internal::ThisWorker().Park(WaitKind::kSleep, nullptr, due_ns) !=
         internal::WakeReason::kTimeout) {
  }
}

bool IsKnown(clockid_t clock) {
  return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME ||
         clock == CLOCK_BOOTTIME;
}

}  // namespace

void SleepUntil(int64_t due_ns) {
  if (IsOver(due_ns)) {
    if (CallerParks()) pthread_testcancel();
    internal::YieldCurrent();
    return;
  }
  if (!CallerParks()) {
    SleepWithoutCancellation(due_ns);
    return;
  }
  pthread_testcancel();
  for (;;) {
    // Only a canceller looks for this address.
    AddressWait wait(&due_ns);
    wait.Enqueue();
    if (wait.AwaitCancellable(WaitKind::kSleep, nullptr, due_ns) ==
        ParkResult::kTimeout) {
      return;
    }
    // Returns if the thread has cancellation off.
    pthread_testcancel();
  }
}

}  // namespace jiffy::interpose

using jiffy::interpose::CallerIsGreen;
using jiffy::interpose::Libc;

extern "C" {

int clock_nanosleep(clockid_t clock, int flags, const timespec* time,
                    timespec* remaining) {
  if (!CallerIsGreen() || !jiffy::interpose::IsKnown(clock)) {
    return Libc().clock_nanosleep(clock, flags, time, remaining);
  }
  // The kernel accepts no negative time, not even an absolute one.
  if (!jiffy::interpose::IsValid(*time) || time->tv_sec < 0) return EINVAL;
  jiffy::interpose::SleepUntil((flags & TIMER_ABSTIME) != 0
                                   ? jiffy::interpose::DueAt(clock, *time)
                                   : jiffy::interpose::DueAfter(*time));
  return 0;
}

int nanosleep(const timespec* time, timespec* remaining) {
  if (!CallerIsGreen()) return Libc().nanosleep(time, remaining);
  const int error = clock_nanosleep(CLOCK_MONOTONIC, 0, time, remaining);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int usleep(useconds_t microseconds) {
  if (!CallerIsGreen()) return Libc().usleep(microseconds);
  jiffy::interpose::SleepUntil(
      jiffy::interpose::DueAfter(absl::Microseconds(microseconds)));
  return 0;
}

unsigned sleep(unsigned seconds) {
  if (!CallerIsGreen()) return Libc().sleep(seconds);
  jiffy::interpose::SleepUntil(
      jiffy::interpose::DueAfter(absl::Seconds(seconds)));
  return 0;
}

int sched_yield() noexcept {
  if (!CallerIsGreen()) return Libc().sched_yield();
  jiffy::internal::YieldCurrent();
  return 0;
}

}  // extern "C"
