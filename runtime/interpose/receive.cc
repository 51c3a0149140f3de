// read, recv, accept and similar calls: in a green thread, ticks neither end
// them nor cut MSG_WAITALL short, and a socket's SO_RCVTIMEO holds.

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "runtime/interpose/caller.h"
#include "runtime/interpose/cut_short.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/socket_wait.h"

namespace jiffy::interpose {
namespace {

SocketWait Readable(int fd, int flags = 0) {
  return {.fd = fd,
          .events = POLLIN,
          .option = SO_RCVTIMEO,
          .may_wait = (flags & MSG_DONTWAIT) == 0};
}

// Whether the receiver asks for all bytes of a stream, and will get them.
bool WantsAll(int fd, int flags) {
  if ((flags & (MSG_WAITALL | MSG_PEEK | MSG_DONTWAIT)) != MSG_WAITALL) {
    return false;
  }
  int type = 0;
  socklen_t size = sizeof type;
  const int saved_errno = errno;
  const bool known = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
  errno = saved_errno;
  return known && type == SOCK_STREAM;
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerIsGreen;
using jiffy::interpose::Interruptions;
using jiffy::interpose::Libc;
using jiffy::interpose::Readable;
using jiffy::interpose::UncutOnSocket;

extern "C" {

ssize_t read(int fd, void* buffer, size_t size) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.read(fd, buffer, size);
  return UncutOnSocket(Readable(fd),
                       [&] { return libc.read(fd, buffer, size); });
}

ssize_t readv(int fd, const iovec* parts, int count) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.readv(fd, parts, count);
  return UncutOnSocket(Readable(fd),
                       [&] { return libc.readv(fd, parts, count); });
}

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  return recvfrom(fd, buffer, size, flags, nullptr, nullptr);
}

ssize_t recvfrom(int fd, void* buffer, size_t size, int flags,
                 sockaddr* address, socklen_t* address_size) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) {
    return libc.recvfrom(fd, buffer, size, flags, address, address_size);
  }
  const auto part = [&](Interruptions& interruptions, size_t done, size_t*) {
    return UncutOnSocket(interruptions, Readable(fd, flags), [&] {
      return libc.recvfrom(fd, static_cast<char*>(buffer) + done, size - done,
                           flags, address, address_size);
    });
  };
  if (!jiffy::interpose::WantsAll(fd, flags)) {
    Interruptions interruptions;
    return part(interruptions, 0, nullptr);
  }
  return jiffy::interpose::Whole([size] { return size; }, part);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.recvmsg(fd, message, flags);
  return UncutOnSocket(Readable(fd, flags),
                       [&] { return libc.recvmsg(fd, message, flags); });
}

// The kernel checks `timeout` after each message that it has received.
int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
             timespec* timeout) {
  const auto& libc = Libc();
  const auto call = [&] {
    return libc.recvmmsg(fd, messages, count, flags, timeout);
  };
  if (!CallerIsGreen()) return call();
  if (!jiffy::interpose::IsLimit(timeout)) {
    return UncutOnSocket(Readable(fd, flags), call);
  }
  const int64_t due_ns = jiffy::interpose::DueAfter(*timeout);
  return UncutOnSocket(Readable(fd, flags), [&] {
    *timeout = jiffy::interpose::Left(due_ns);
    return call();
  });
}

int accept(int fd, sockaddr* address, socklen_t* size) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.accept(fd, address, size);
  return UncutOnSocket(Readable(fd),
                       [&] { return libc.accept(fd, address, size); });
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.accept4(fd, address, size, flags);
  return UncutOnSocket(Readable(fd),
                       [&] { return libc.accept4(fd, address, size, flags); });
}

}  // extern "C"
