// Descriptors for the tests of calls that wait in the kernel.
#ifndef JIFFY_TESTS_INTERPOSE_SOCKETS_H_
#define JIFFY_TESTS_INTERPOSE_SOCKETS_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace jiffy {

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) { EXPECT_GE(fd, 0); }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  const int fd_;
};

inline int NewPair(int* other) {
  int fds[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  *other = fds[1];
  return fds[0];
}

// Two connected sockets.
struct Pair {
  int raw_b;
  Descriptor a = Descriptor(NewPair(&raw_b));
  Descriptor b = Descriptor(raw_b);
};

// Sets SO_RCVTIMEO and SO_SNDTIMEO.
inline void SetLimits(int fd, absl::Duration limit) {
  const timeval time = absl::ToTimeval(limit);
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0);
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time), 0);
}

// Fills the buffer, so that a send waits.
inline void Fill(int fd) {
  const std::vector<char> bytes(1 << 16);
  while (send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  while (send(fd, bytes.data(), 1, MSG_DONTWAIT) > 0) {
  }
}

// A listening socket, to which clients may connect until its backlog is full.
class Listener {
 public:
  explicit Listener(int domain) : fd_(socket(domain, SOCK_STREAM, 0)) {
    memset(&address_, 0, sizeof address_);
    address_.ss_family = static_cast<sa_family_t>(domain);
    if (domain == AF_INET) {
      reinterpret_cast<sockaddr_in*>(&address_)->sin_addr.s_addr =
          htonl(INADDR_LOOPBACK);
      size_ = sizeof(sockaddr_in);
    } else {
      // The kernel chooses a name.
      size_ = sizeof(sa_family_t);
    }
    EXPECT_EQ(bind(fd_, address(), size_), 0);
    size_ = sizeof address_;
    EXPECT_EQ(getsockname(fd_, address(), &size_), 0);
    EXPECT_EQ(listen(fd_, 0), 0);
  }

  int fd() const { return fd_; }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }
  socklen_t size() const { return size_; }

 private:
  const Descriptor fd_;
  sockaddr_storage address_;
  socklen_t size_ = 0;
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_INTERPOSE_SOCKETS_H_
