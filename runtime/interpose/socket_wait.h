// Calls that wait for a socket with a time limit (SO_RCVTIMEO, SO_SNDTIMEO):
// the kernel does not restart them after a signal, and a restart would begin
// the limit anew. Without a limit, SA_RESTART works.
#ifndef JIFFY_RUNTIME_INTERPOSE_SOCKET_WAIT_H_
#define JIFFY_RUNTIME_INTERPOSE_SOCKET_WAIT_H_

#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/interpose/cut_short.h"
#include "runtime/interpose/deadline.h"

namespace jiffy::interpose {

// What a call waits for.
struct SocketWait {
  int fd;
  // As in pollfd.
  short events;
  // SO_RCVTIMEO or SO_SNDTIMEO.
  int option;
  // Whether the call's flags allow it to wait.
  bool may_wait = true;
  // errno when the time is over.
  int timeout_error = EAGAIN;

  // Whether a tick ended an attempt that returned `result`. The kernel counts
  // the limit in its own ticks, of some ms: if a signal ends a call in the last
  // of these, the call reports that its time is over.
  template <typename Result>
  bool EndedByTick(const Interruptions& interruptions, Result result) const {
    return interruptions.TickEnded(result) ||
           (result == -1 && errno == timeout_error &&
            interruptions.TickShortened() && HasLimit());
  }

  // Returns when a wait that began at `since_ns` is over, or kNoDeadline if
  // there is no limit, or no socket.
  int64_t DueNs(int64_t since_ns) const;
  // Whether the call waits, and has a limit. Keeps errno.
  bool HasLimit() const;
  // Waits until the call would not wait, or until `due_ns`. Returns false, with
  // errno set, if `due_ns` or a signal for the program came first. A
  // cancellation point.
  bool Await(Interruptions& interruptions, int64_t due_ns) const;
};

// Repeats `call`, which a tick ended, until no tick ends it or the time is
// over. The time counts from the first tick: a call that does not wait reads no
// clock.
template <typename Call>
[[gnu::noinline]] auto CallAgain(Interruptions& interruptions,
                                 const SocketWait& wait, int saved_errno,
                                 Call call) -> decltype(call()) {
  const int64_t due_ns = wait.DueNs(interruptions.CutShortSince());
  for (;;) {
    LetTickAct();
    if (interruptions.HandlerRan()) {
      errno = EINTR;
      return -1;
    }
    const bool over = IsOver(due_ns);
    if (due_ns != internal::kNoDeadline && !wait.Await(interruptions, due_ns)) {
      return -1;
    }
    errno = saved_errno;
    const auto result = Attempt(interruptions, call);
    if (!wait.EndedByTick(interruptions, result)) return result;
    // Another thread took what was there.
    if (over) {
      errno = wait.timeout_error;
      return -1;
    }
  }
}

// Repeats `call` until no tick ends it or the socket's time is over.
template <typename Call>
auto UncutOnSocket(Interruptions& interruptions, const SocketWait& wait,
                   Call call) -> decltype(call()) {
  const int saved_errno = errno;
  const auto result = Attempt(interruptions, call);
  if (!wait.EndedByTick(interruptions, result)) [[likely]] {
    return result;
  }
  return CallAgain(interruptions, wait, saved_errno, call);
}
template <typename Call>
auto UncutOnSocket(const SocketWait& wait, Call call) -> decltype(call()) {
  Interruptions interruptions;
  return UncutOnSocket(interruptions, wait, call);
}

// Transfers `size()` bytes with `part`, and continues where a tick cut a
// transfer short. `part` is told how many bytes are done, and says if it asks
// for less than the rest. An error after some bytes is left for the next call
// to find, as in the kernel.
template <typename Size, typename Part>
ssize_t Whole(Size size, Part part) {
  const int saved_errno = errno;
  Interruptions interruptions;
  size_t asked = 0;
  const ssize_t first = part(interruptions, 0, &asked);
  if (first <= 0 || !interruptions.TickShortened()) [[likely]] {
    return first;
  }
  auto done = static_cast<size_t>(first);
  const size_t all = size();
  while (done < all) {
    LetTickAct();
    if (interruptions.HandlerRan()) break;
    asked = all - done;
    const ssize_t result = part(interruptions, done, &asked);
    if (result <= 0) break;
    done += static_cast<size_t>(result);
    if (static_cast<size_t>(result) < asked && !interruptions.TickShortened()) {
      break;
    }
  }
  errno = saved_errno;
  return static_cast<ssize_t>(done);
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_SOCKET_WAIT_H_
