// write, send, connect and similar calls: in a green thread, ticks neither end
// them nor make them transfer less than they were given, and a socket's
// SO_SNDTIMEO holds.

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "runtime/interpose/caller.h"
#include "runtime/interpose/cut_short.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/socket_wait.h"

namespace jiffy::interpose {
namespace {

SocketWait Writable(int fd, int flags = 0) {
  return {.fd = fd,
          .events = POLLOUT,
          .option = SO_SNDTIMEO,
          .may_wait = (flags & MSG_DONTWAIT) == 0};
}

// The buffers of a vector that remain after `done` bytes. If these end inside a
// buffer, only the rest of that buffer.
class Rest {
 public:
  Rest(const iovec* parts, size_t count, size_t done)
      : parts_(parts), count_(count) {
    while (count_ > 0 && done >= parts_->iov_len) {
      done -= parts_->iov_len;
      ++parts_;
      --count_;
    }
    if (done == 0) return;
    cut_ = {.iov_base = static_cast<char*>(parts_->iov_base) + done,
            .iov_len = parts_->iov_len - done};
    parts_ = &cut_;
    count_ = 1;
  }
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;

  const iovec* parts() const { return parts_; }
  size_t count() const { return count_; }

 private:
  const iovec* parts_;
  size_t count_;
  iovec cut_ = {};
};

size_t SizeOf(const iovec* parts, size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) size += parts[i].iov_len;
  return size;
}

// Connects. If a tick left the socket connecting, the next attempt reports so.
int Connect(int fd, const sockaddr* address, socklen_t size) {
  const Native& libc = Libc();
  SocketWait wait = Writable(fd);
  // Sockets of the file system are never left connecting.
  int domain = AF_UNSPEC;
  socklen_t length = sizeof domain;
  const int saved_errno = errno;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
  errno = saved_errno;
  if (domain != AF_UNIX) wait.timeout_error = EINPROGRESS;
  bool again = false;
  return UncutOnSocket(wait, [&] {
    const int result = libc.connect(fd, address, size);
    if (result == -1 && again && errno == EALREADY) errno = EINPROGRESS;
    again = true;
    return result;
  });
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::CallerIsGreen;
using jiffy::interpose::Interruptions;
using jiffy::interpose::Libc;
using jiffy::interpose::Rest;
using jiffy::interpose::SizeOf;
using jiffy::interpose::UncutOnSocket;
using jiffy::interpose::Whole;
using jiffy::interpose::Writable;

extern "C" {

ssize_t write(int fd, const void* buffer, size_t size) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.write(fd, buffer, size);
  const auto part = [&](Interruptions& interruptions, size_t done, size_t*) {
    return UncutOnSocket(interruptions, Writable(fd), [&] {
      return libc.write(fd, static_cast<const char*>(buffer) + done,
                        size - done);
    });
  };
  return Whole([size] { return size; }, part);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.writev(fd, parts, count);
  const auto part = [&](Interruptions& interruptions, size_t done,
                        size_t* asked) {
    if (done == 0) {
      return UncutOnSocket(interruptions, Writable(fd),
                           [&] { return libc.writev(fd, parts, count); });
    }
    const Rest rest(parts, count, done);
    *asked = SizeOf(rest.parts(), rest.count());
    return UncutOnSocket(interruptions, Writable(fd), [&] {
      return libc.writev(fd, rest.parts(), static_cast<int>(rest.count()));
    });
  };
  return Whole([&] { return SizeOf(parts, count); }, part);
}

ssize_t send(int fd, const void* buffer, size_t size, int flags) {
  return sendto(fd, buffer, size, flags, nullptr, 0);
}

ssize_t sendto(int fd, const void* buffer, size_t size, int flags,
               const sockaddr* address, socklen_t address_size) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) {
    return libc.sendto(fd, buffer, size, flags, address, address_size);
  }
  const auto part = [&](Interruptions& interruptions, size_t done, size_t*) {
    return UncutOnSocket(interruptions, Writable(fd, flags), [&] {
      return libc.sendto(fd, static_cast<const char*>(buffer) + done,
                         size - done, flags, address, address_size);
    });
  };
  return Whole([size] { return size; }, part);
}

// The control message goes with the first bytes.
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.sendmsg(fd, message, flags);
  const auto part = [&](Interruptions& interruptions, size_t done,
                        size_t* asked) {
    if (done == 0) {
      return UncutOnSocket(interruptions, Writable(fd, flags),
                           [&] { return libc.sendmsg(fd, message, flags); });
    }
    const Rest rest(message->msg_iov, message->msg_iovlen, done);
    *asked = SizeOf(rest.parts(), rest.count());
    msghdr left = *message;
    left.msg_control = nullptr;
    left.msg_controllen = 0;
    left.msg_iov = const_cast<iovec*>(rest.parts());
    left.msg_iovlen = rest.count();
    return UncutOnSocket(interruptions, Writable(fd, flags),
                         [&] { return libc.sendmsg(fd, &left, flags); });
  };
  return Whole([&] { return SizeOf(message->msg_iov, message->msg_iovlen); },
               part);
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  const auto& libc = Libc();
  if (!CallerIsGreen()) return libc.sendmmsg(fd, messages, count, flags);
  return UncutOnSocket(Writable(fd, flags), [&] {
    return libc.sendmmsg(fd, messages, count, flags);
  });
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  if (!CallerIsGreen()) return Libc().connect(fd, address, size);
  return jiffy::interpose::Connect(fd, address, size);
}

}  // extern "C"
