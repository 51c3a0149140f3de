#include "runtime/interpose/socket_wait.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/interpose/cut_short.h"
#include "runtime/interpose/native.h"
#include "signals/tick.h"

namespace jiffy::interpose {

int64_t SocketWait::DueNs(int64_t since_ns) const {
  timeval limit = {};
  socklen_t size = sizeof limit;
  if (getsockopt(fd, SOL_SOCKET, option, &limit, &size) != 0 ||
      (limit.tv_sec == 0 && limit.tv_usec == 0)) {
    return internal::kNoDeadline;
  }
  return internal::LaterBy(
      internal::LaterBy(since_ns, static_cast<uint64_t>(limit.tv_sec),
                        signals::kNsPerSecond),
      static_cast<uint64_t>(limit.tv_usec), signals::kNsPerUs);
}

bool SocketWait::HasLimit() const {
  const int saved_errno = errno;
  const int flags = fcntl(fd, F_GETFL);
  const bool limited = may_wait && flags != -1 && (flags & O_NONBLOCK) == 0 &&
                       DueNs(0) != internal::kNoDeadline;
  errno = saved_errno;
  return limited;
}

bool SocketWait::Await(Interruptions& interruptions, int64_t due_ns) const {
  pollfd socket = {.fd = fd, .events = events, .revents = 0};
  const int ready = Uncut(interruptions, [&] {
    const timespec left = Left(due_ns);
    return native.ppoll(&socket, 1, &left, nullptr);
  });
  if (ready == 0) errno = timeout_error;
  return ready > 0;
}

}  // namespace jiffy::interpose
