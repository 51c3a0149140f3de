// sigwait and its family, and System V's message queues and semaphores: in a
// green thread, ticks do not end them, and their time limits hold.

#include <signal.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>

#include <cerrno>
#include <cstddef>

#include "runtime/interpose/call_mask.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/cut_short.h"
#include "runtime/interpose/native.h"

using jiffy::interpose::CallerIsGreen;
using jiffy::interpose::Libc;
using jiffy::interpose::NoCancellationPoint;
using jiffy::interpose::TakenSignals;
using jiffy::interpose::Uncut;
using jiffy::interpose::UncutUntil;

extern "C" {

// libc's own sigwait continues after EINTR.
int sigwait(const sigset_t* set, int* signal) {
  if (!CallerIsGreen()) return Libc().sigwait(set, signal);
  const int saved_errno = errno;
  const int result = Libc().sigwait(TakenSignals(set).get(), signal);
  errno = saved_errno;
  return result;
}

int sigwaitinfo(const sigset_t* set, siginfo_t* info) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.sigwaitinfo(set, info);
  const TakenSignals own_set(set);
  return Uncut([&] { return libc.sigwaitinfo(own_set.get(), info); });
}

int sigtimedwait(const sigset_t* set, siginfo_t* info,
                 const timespec* timeout) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.sigtimedwait(set, info, timeout);
  const TakenSignals own_set(set);
  return UncutUntil(timeout, [&](const timespec* left) {
    return libc.sigtimedwait(own_set.get(), info, left);
  });
}

ssize_t msgrcv(int queue, void* message, size_t size, long type, int flags) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.msgrcv(queue, message, size, type, flags);
  return Uncut([&] { return libc.msgrcv(queue, message, size, type, flags); });
}

int msgsnd(int queue, const void* message, size_t size, int flags) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.msgsnd(queue, message, size, flags);
  return Uncut([&] { return libc.msgsnd(queue, message, size, flags); });
}

int semop(int set, sembuf* operations, size_t count) noexcept {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.semop(set, operations, count);
  return Uncut<NoCancellationPoint>(
      [&] { return libc.semop(set, operations, count); });
}

int semtimedop(int set, sembuf* operations, size_t count,
               const timespec* timeout) noexcept {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.semtimedop(set, operations, count, timeout);
  return UncutUntil<NoCancellationPoint>(timeout, [&](const timespec* left) {
    return libc.semtimedop(set, operations, count, left);
  });
}

}  // extern "C"
