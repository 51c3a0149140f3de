// Calls that wait in the kernel with a time limit, beside a thread that never
// waits: ticks neither end them nor restart their limit.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/beside_hog.h"
#include "tests/interpose/sockets.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class TimeLimitTest : public BesideHogTest {
 protected:
  // `call` waits until its time is over; then it returns `result`, and sets
  // `error` if that is -1.
  void ExpectTimeOut(const char* name, const std::function<long()>& call,
                     int result, int error = 0) {
    const timespec limit = absl::ToTimespec(SomeTicks());
    timespec begin;
    timespec end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const long got = call();
    const int got_error = errno;
    clock_gettime(CLOCK_MONOTONIC, &end);
    EXPECT_EQ(got, result) << name << ": " << strerror(got_error);
    if (result == -1) {
      EXPECT_EQ(got_error, error) << name << ": " << strerror(got_error);
    }
    EXPECT_GE(absl::TimeFromTimespec(end) - absl::TimeFromTimespec(begin),
              absl::DurationFromTimespec(limit))
        << name;
  }

  // As sockets report it.
  void ExpectAgain(const char* name, const std::function<long()>& call) {
    ExpectTimeOut(name, call, -1, EAGAIN);
  }
};

TEST_P(TimeLimitTest, Polls_EndWhenTheirTimeIsOver) {
  RunBesideHog([&] {
    Pair pair;
    const timespec limit = absl::ToTimespec(SomeTicks());
    const int ms = static_cast<int>(absl::ToInt64Milliseconds(
        absl::Ceil(SomeTicks(), absl::Milliseconds(1))));
    sigset_t mask;
    sigemptyset(&mask);
    pollfd poll_fd = {.fd = pair.a, .events = POLLIN, .revents = 0};
    ExpectTimeOut(
        "poll", [&] { return poll(&poll_fd, 1, ms); }, 0);
    ExpectTimeOut(
        "ppoll", [&] { return ppoll(&poll_fd, 1, &limit, &mask); }, 0);

    fd_set set;
    FD_ZERO(&set);
    timeval time = absl::ToTimeval(SomeTicks());
    ExpectTimeOut(
        "select",
        [&] {
          FD_SET(pair.a, &set);
          return select(pair.a + 1, &set, nullptr, nullptr, &time);
        },
        0);
    EXPECT_EQ(time.tv_sec, 0);
    EXPECT_EQ(time.tv_usec, 0);
    ExpectTimeOut(
        "pselect",
        [&] {
          FD_SET(pair.a, &set);
          return pselect(pair.a + 1, &set, nullptr, nullptr, &limit, &mask);
        },
        0);

    const Descriptor epoll(epoll_create1(0));
    epoll_event event = {};
    event.events = EPOLLIN;
    EXPECT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.a, &event), 0);
    ExpectTimeOut(
        "epoll_wait", [&] { return epoll_wait(epoll, &event, 1, ms); }, 0);
    ExpectTimeOut(
        "epoll_pwait", [&] { return epoll_pwait(epoll, &event, 1, ms, &mask); },
        0);
#if defined(__GLIBC_PREREQ) && __GLIBC_PREREQ(2, 35)
    // ENOSYS where the kernel lacks the call, as emulators do.
    const timespec at_once = {};
    if (epoll_pwait2(epoll, &event, 1, &at_once, &mask) == 0) {
      ExpectTimeOut(
          "epoll_pwait2",
          [&] { return epoll_pwait2(epoll, &event, 1, &limit, &mask); }, 0);
    } else {
      EXPECT_EQ(errno, ENOSYS);
    }
#endif
  });
}

TEST_P(TimeLimitTest, SignalAndSemaphoreWaits_EndWhenTheirTimeIsOver) {
  RunBesideHog([&] {
    const timespec limit = absl::ToTimespec(SomeTicks());
    // Includes the tick's signal, which the program may not take.
    sigset_t all;
    sigfillset(&all);
    siginfo_t info;
    ExpectTimeOut(
        "sigtimedwait", [&] { return sigtimedwait(&all, &info, &limit); }, -1,
        EAGAIN);
    const int semaphores = semget(IPC_PRIVATE, 1, 0600);
    sembuf take = {.sem_num = 0, .sem_op = -1, .sem_flg = 0};
    ExpectTimeOut(
        "semtimedop", [&] { return semtimedop(semaphores, &take, 1, &limit); },
        -1, EAGAIN);
    EXPECT_EQ(semctl(semaphores, 0, IPC_RMID), 0);
  });
}

// Transfers of one byte, by different calls.
struct OneByte {
  OneByte() {
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
  }
  char byte = 0;
  iovec part = {.iov_base = &byte, .iov_len = 1};
  mmsghdr message = {};
};

TEST_P(TimeLimitTest, Receivers_EndWhenTheirTimeIsOver) {
  RunBesideHog([&] {
    Pair pair;
    SetLimits(pair.a, SomeTicks());
    OneByte one;
    ExpectAgain("read", [&] { return read(pair.a, &one.byte, 1); });
    ExpectAgain("readv", [&] { return readv(pair.a, &one.part, 1); });
    ExpectAgain("recv", [&] { return recv(pair.a, &one.byte, 1, 0); });
    ExpectAgain("recvfrom", [&] {
      return recvfrom(pair.a, &one.byte, 1, MSG_WAITALL, nullptr, nullptr);
    });
    ExpectAgain("recvmsg",
                [&] { return recvmsg(pair.a, &one.message.msg_hdr, 0); });
    ExpectAgain("recvmmsg",
                [&] { return recvmmsg(pair.a, &one.message, 1, 0, nullptr); });
    timespec limit = {.tv_sec = 3600, .tv_nsec = 0};
    ExpectAgain("recvmmsg with a limit",
                [&] { return recvmmsg(pair.a, &one.message, 1, 0, &limit); });

    Listener listener(AF_UNIX);
    SetLimits(listener.fd(), SomeTicks());
    ExpectAgain("accept",
                [&] { return accept(listener.fd(), nullptr, nullptr); });
    ExpectAgain("accept4",
                [&] { return accept4(listener.fd(), nullptr, nullptr, 0); });
  });
}

TEST_P(TimeLimitTest, Senders_EndWhenTheirTimeIsOver) {
  RunBesideHog([&] {
    Pair pair;
    SetLimits(pair.a, SomeTicks());
    Fill(pair.a);
    OneByte one;
    ExpectAgain("write", [&] { return write(pair.a, &one.byte, 1); });
    ExpectAgain("writev", [&] { return writev(pair.a, &one.part, 1); });
    ExpectAgain("send", [&] { return send(pair.a, &one.byte, 1, 0); });
    ExpectAgain("sendto",
                [&] { return sendto(pair.a, &one.byte, 1, 0, nullptr, 0); });
    ExpectAgain("sendmsg",
                [&] { return sendmsg(pair.a, &one.message.msg_hdr, 0); });
    ExpectAgain("sendmmsg",
                [&] { return sendmmsg(pair.a, &one.message, 1, 0); });
  });
}

TEST_P(TimeLimitTest, Connect_EndsWhenItsTimeIsOver) {
  RunBesideHog([&] {
    for (const int domain : {AF_UNIX, AF_INET}) {
      Listener listener(domain);
      // Until the backlog is full.
      std::deque<Descriptor> clients;
      for (int i = 0; i < 4; ++i) {
        const Descriptor& client = clients.emplace_back(
            socket(domain, SOCK_STREAM | SOCK_NONBLOCK, 0));
        connect(client, listener.address(), listener.size());
      }
      const Descriptor late(socket(domain, SOCK_STREAM, 0));
      SetLimits(late, SomeTicks());
      ExpectTimeOut(
          "connect",
          [&] { return connect(late, listener.address(), listener.size()); },
          -1, domain == AF_UNIX ? EAGAIN : EINPROGRESS);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(, TimeLimitTest, HogModes(), HogModeName);
INSTANTIATE_TEST_SUITE_P(SharedTls, TimeLimitTest,
                         ::testing::Values(HogMode{"rr", 1'000, true}),
                         HogModeName);

}  // namespace
}  // namespace jiffy
