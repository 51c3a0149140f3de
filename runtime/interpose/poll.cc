// poll, select, epoll_wait and similar calls: in a green thread, ticks do not
// end them, and their time limits hold.

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "absl/time/time.h"
#include "runtime/interpose/call_mask.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/cut_short.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"
#include "signals/tick.h"

namespace jiffy::interpose {
namespace {

// Returns the time until `due_ns`, rounded up so that no limit ends early.
int LeftMs(int64_t due_ns) {
  const int64_t left = std::max<int64_t>(due_ns - signals::MonotonicNs(), 0);
  return static_cast<int>(std::min<int64_t>(
      left / signals::kNsPerMs + (left % signals::kNsPerMs != 0), INT_MAX));
}
timeval LeftTimeval(int64_t due_ns) {
  timespec left = Left(due_ns);
  left.tv_nsec += signals::kNsPerUs - 1;
  if (left.tv_nsec >= signals::kNsPerSecond) {
    left.tv_nsec -= signals::kNsPerSecond;
    left.tv_sec++;
  }
  return {.tv_sec = left.tv_sec, .tv_usec = left.tv_nsec / signals::kNsPerUs};
}

// UncutUntil for milliseconds; a negative number means no limit.
template <typename Call>
int UncutUntilMs(int ms, Call call, const sigset_t* mask = nullptr) {
  if (ms <= 0) return Uncut([&] { return call(ms); }, mask);
  const int64_t due_ns = DueAfter(absl::Milliseconds(ms));
  return Uncut([&] { return call(LeftMs(due_ns)); }, mask);
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerIsGreen;
using jiffy::interpose::CallMask;
using jiffy::interpose::Libc;
using jiffy::interpose::Uncut;
using jiffy::interpose::UncutUntil;
using jiffy::interpose::UncutUntilMs;

extern "C" {

int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.poll(fds, count, timeout_ms);
  return UncutUntilMs(timeout_ms,
                      [&](int ms) { return libc.poll(fds, count, ms); });
}

int ppoll(pollfd* fds, nfds_t count, const timespec* timeout,
          const sigset_t* mask) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.ppoll(fds, count, timeout, mask);
  const CallMask own_mask(mask);
  return UncutUntil(
      timeout,
      [&](const timespec* left) {
        return libc.ppoll(fds, count, left, own_mask.get());
      },
      own_mask.get());
}

// As in Linux, stores the remaining time in `timeout`.
int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
           timeval* timeout) {
  const auto& libc = Libc();
  if (!CallerIsGreen() ||
      (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0))) {
    return libc.select(count, readable, writable, exceptional, timeout);
  }
  if (timeout == nullptr) {
    return Uncut([&] {
      return libc.select(count, readable, writable, exceptional, nullptr);
    });
  }
  const int64_t due_ns =
      jiffy::interpose::DueAfter(absl::DurationFromTimeval(*timeout));
  return Uncut([&] {
    *timeout = jiffy::interpose::LeftTimeval(due_ns);
    return libc.select(count, readable, writable, exceptional, timeout);
  });
}

int pselect(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
            const timespec* timeout, const sigset_t* mask) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) {
    return libc.pselect(count, readable, writable, exceptional, timeout, mask);
  }
  const CallMask own_mask(mask);
  return UncutUntil(
      timeout,
      [&](const timespec* left) {
        return libc.pselect(count, readable, writable, exceptional, left,
                            own_mask.get());
      },
      own_mask.get());
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.epoll_wait(epoll, events, most, timeout_ms);
  return UncutUntilMs(timeout_ms, [&](int ms) {
    return libc.epoll_wait(epoll, events, most, ms);
  });
}

int epoll_pwait(int epoll, epoll_event* events, int most, int timeout_ms,
                const sigset_t* mask) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) {
    return libc.epoll_pwait(epoll, events, most, timeout_ms, mask);
  }
  const CallMask own_mask(mask);
  return UncutUntilMs(
      timeout_ms,
      [&](int ms) {
        return libc.epoll_pwait(epoll, events, most, ms, own_mask.get());
      },
      own_mask.get());
}

int epoll_pwait2(int epoll, epoll_event* events, int most,
                 const timespec* timeout, const sigset_t* mask) {
  const auto& libc = Libc();
  if (libc.epoll_pwait2 == nullptr) {
    errno = ENOSYS;
    return -1;
  }
  if (!CallerIsGreen()) {
    return libc.epoll_pwait2(epoll, events, most, timeout, mask);
  }
  const CallMask own_mask(mask);
  return UncutUntil(
      timeout,
      [&](const timespec* left) {
        return libc.epoll_pwait2(epoll, events, most, left, own_mask.get());
      },
      own_mask.get());
}

}  // extern "C"
