// Calls that wait in the kernel, beside a thread that never waits. Ticks do not
// end them; the awaited event, a signal of the program and a cancellation do.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/beside_hog.h"
#include "tests/interpose/sockets.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

sigset_t Only(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

class CutShortTest : public BesideHogTest {
 protected:
  // `call` waits until `wake` is called after some ticks; then it returns
  // `result` and leaves errno alone.
  void ExpectWoken(const char* name, const std::function<long()>& call,
                   const std::function<void()>& wake, long result) {
    Thread waker([&] {
      this_thread::SleepFor(SomeTicks());
      wake();
    });
    constexpr int kOtherError = 77;
    errno = kOtherError;
    const long got = call();
    const int error = errno;
    EXPECT_EQ(got, result) << name << ": " << strerror(error);
    EXPECT_EQ(error, kOtherError) << name;
    EXPECT_TRUE(waker.Join().ok());
  }
};

TEST_P(CutShortTest, WaitsForDescriptors_EndWhenDataComes) {
  RunBesideHog([&] {
    Pair pair;
    SetLimits(pair.a, absl::Hours(1));
    char byte = 0;
    const auto send_byte = [&] { EXPECT_EQ(write(pair.b, "x", 1), 1); };
    const auto take_byte = [&] {
      byte = 0;
      EXPECT_EQ(recv(pair.a, &byte, 1, MSG_DONTWAIT), 1);
      EXPECT_EQ(byte, 'x');
    };
    pollfd poll_fd = {.fd = pair.a, .events = POLLIN, .revents = 0};
    ExpectWoken(
        "poll", [&] { return poll(&poll_fd, 1, -1); }, send_byte, 1);
    take_byte();
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair.a, &set);
    ExpectWoken(
        "select",
        [&] { return select(pair.a + 1, &set, nullptr, nullptr, nullptr); },
        send_byte, 1);
    EXPECT_TRUE(FD_ISSET(pair.a, &set));
    take_byte();
    const Descriptor epoll(epoll_create1(0));
    epoll_event event = {};
    event.events = EPOLLIN;
    EXPECT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.a, &event), 0);
    ExpectWoken(
        "epoll_wait", [&] { return epoll_wait(epoll, &event, 1, -1); },
        send_byte, 1);
    take_byte();
    ExpectWoken(
        "read", [&] { return read(pair.a, &byte, 1); }, send_byte, 1);
    EXPECT_EQ(byte, 'x');
    ExpectWoken(
        "recv", [&] { return recv(pair.a, &byte, 1, 0); }, send_byte, 1);
  });
}

TEST_P(CutShortTest, Accept_EndsWhenAClientComes) {
  RunBesideHog([&] {
    Listener listener(AF_UNIX);
    SetLimits(listener.fd(), absl::Hours(1));
    const Descriptor client(socket(AF_UNIX, SOCK_STREAM, 0));
    int accepted = -1;
    ExpectWoken(
        "accept",
        [&] {
          accepted = accept(listener.fd(), nullptr, nullptr);
          return accepted >= 0;
        },
        [&] {
          EXPECT_EQ(connect(client, listener.address(), listener.size()), 0);
        },
        1);
    close(accepted);
  });
}

TEST_P(CutShortTest, MessageAndSemaphore_EndTheWaitForThem) {
  RunBesideHog([&] {
    struct Message {
      long type = 1;
      char text[8] = "text";
    } message;
    const int queue = msgget(IPC_PRIVATE, 0600);
    ExpectWoken(
        "msgrcv",
        [&] { return msgrcv(queue, &message, sizeof message.text, 0, 0); },
        [&] {
          const Message sent;
          EXPECT_EQ(msgsnd(queue, &sent, sizeof sent.text, 0), 0);
        },
        sizeof message.text);
    while (msgsnd(queue, &message, sizeof message.text, IPC_NOWAIT) == 0) {
    }
    ExpectWoken(
        "msgsnd",
        [&] { return msgsnd(queue, &message, sizeof message.text, 0); },
        [&] {
          EXPECT_GT(msgrcv(queue, &message, sizeof message.text, 0, 0), 0);
        },
        0);
    EXPECT_EQ(msgctl(queue, IPC_RMID, nullptr), 0);

    const int semaphores = semget(IPC_PRIVATE, 1, 0600);
    sembuf take = {.sem_num = 0, .sem_op = -1, .sem_flg = 0};
    sembuf give = {.sem_num = 0, .sem_op = 1, .sem_flg = 0};
    ExpectWoken(
        "semop", [&] { return semop(semaphores, &take, 1); },
        [&] { EXPECT_EQ(semop(semaphores, &give, 1), 0); }, 0);
    EXPECT_EQ(semctl(semaphores, 0, IPC_RMID), 0);
  });
}

TEST_P(CutShortTest, SignalWait_EndsWhenTheSignalComes) {
  const sigset_t usr1 = Only(SIGUSR1);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  RunBesideHog([&] {
    const auto raise_it = [] { EXPECT_EQ(kill(getpid(), SIGUSR1), 0); };
    siginfo_t info;
    ExpectWoken(
        "sigwaitinfo", [&] { return sigwaitinfo(&usr1, &info); }, raise_it,
        SIGUSR1);
    int signal = 0;
    ExpectWoken(
        "sigwait", [&] { return sigwait(&usr1, &signal); }, raise_it, 0);
    EXPECT_EQ(signal, SIGUSR1);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_P(CutShortTest, MaskWithTheTicksSignal_DoesNotKeepTicksAway) {
  RunBesideHog([&] {
    Pair pair;
    pollfd poll_fd = {.fd = pair.a, .events = POLLIN, .revents = 0};
    const sigset_t ticks = Only(SIGALRM);
    ExpectWoken(
        "ppoll", [&] { return ppoll(&poll_fd, 1, nullptr, &ticks); },
        [&] { EXPECT_EQ(write(pair.b, "x", 1), 1); }, 1);
  });
}

bool Blocks(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST_P(CutShortTest, MaskOfACall_IsNoOtherThreads) {
  RunBesideHog([&] {
    std::atomic<bool> stop = false;
    std::atomic<int> looks = 0;
    std::atomic<bool> leaked = false;
    Thread other([&] {
      while (!stop) {
        if (Blocks(SIGUSR2)) leaked = true;
        ++looks;
        this_thread::Yield();
      }
    });
    const timespec limit = absl::ToTimespec(SomeTicks());
    const sigset_t mask = Only(SIGUSR2);
    const Descriptor epoll(epoll_create1(0));
    epoll_event event = {};
    const std::function<int()> calls[] = {
        [&] { return ppoll(nullptr, 0, &limit, &mask); },
        [&] { return pselect(0, nullptr, nullptr, nullptr, &limit, &mask); },
        [&] { return epoll_pwait(epoll, &event, 1, 5, &mask); },
    };
    for (const auto& call : calls) {
      const int before = looks;
      while (looks == before) EXPECT_EQ(call(), 0);
      EXPECT_FALSE(Blocks(SIGUSR2));
    }
    stop = true;
    EXPECT_TRUE(other.Join().ok());
    EXPECT_FALSE(leaked);
  });
}

std::atomic<int> handled = 0;

TEST_P(CutShortTest, ProgramsOwnHandler_EndsTheCallWithEintr) {
  struct sigaction action = {};
  action.sa_handler = [](int) { ++handled; };
  struct sigaction old;
  sigaction(SIGUSR1, &action, &old);
  RunBesideHog([&] {
    Pair pair;
    SetLimits(pair.a, absl::Hours(1));
    char byte;
    pollfd poll_fd = {.fd = pair.a, .events = POLLIN, .revents = 0};
    const std::function<long()> calls[] = {
        [&] { return poll(&poll_fd, 1, -1); },
        [&] { return ppoll(&poll_fd, 1, nullptr, nullptr); },
        [&] { return recv(pair.a, &byte, 1, 0); },
    };
    for (const auto& call : calls) {
      handled = 0;
      std::atomic<bool> over = false;
      // The signal must interrupt the thread while it is inside the call: one
      // of many does.
      std::thread sender([&] {
        while (!over) {
          kill(getpid(), SIGUSR1);
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
      EXPECT_EQ(call(), -1);
      EXPECT_EQ(errno, EINTR);
      EXPECT_GT(handled, 0);
      over = true;
      sender.join();
    }
  });
  sigaction(SIGUSR1, &old, nullptr);
}

// The signal goes to the process, and another green thread takes it while a
// tick has the CPU away from the caller.
TEST_P(CutShortTest, HandlerInAnotherThread_EndsCallsThatDoNotBlockItsSignal) {
  struct sigaction action = {};
  action.sa_handler = [](int) { ++handled; };
  action.sa_flags = SA_RESTART;
  struct sigaction old;
  sigaction(SIGUSR1, &action, &old);
  RunBesideHog([&] {
    Pair pair;
    pollfd poll_fd = {.fd = pair.a, .events = POLLIN, .revents = 0};
    const sigset_t usr1 = Only(SIGUSR1);
    sigset_t none;
    sigemptyset(&none);
    // Returns the result beside that handler, then sends a byte.
    const auto result_of = [&](const std::function<int()>& call) {
      handled = 0;
      Thread taker([&] {
        this_thread::SleepFor(SomeTicks());
        pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
        EXPECT_EQ(kill(getpid(), SIGUSR1), 0);
        EXPECT_EQ(handled, 1);
        EXPECT_EQ(write(pair.b, "x", 1), 1);
      });
      const int result = call();
      if (result == -1) {
        EXPECT_EQ(errno, EINTR);
      }
      EXPECT_TRUE(taker.Join().ok());
      char byte;
      EXPECT_EQ(read(pair.a, &byte, 1), 1);
      return result;
    };
    const auto poll_it = [&] { return poll(&poll_fd, 1, -1); };
    const auto ppoll_with = [&](const sigset_t& mask) {
      return [&] { return ppoll(&poll_fd, 1, nullptr, &mask); };
    };
    // A tick may also come right before the call.
    while (result_of(poll_it) != -1) {
    }
    EXPECT_EQ(result_of(ppoll_with(usr1)), 1);
    pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
    EXPECT_EQ(result_of(poll_it), 1);
    while (result_of(ppoll_with(none)) != -1) {
    }
  });
  sigaction(SIGUSR1, &old, nullptr);
}

TEST_P(CutShortTest, Cancellation_EndsTheWait) {
  RunBesideHog([&] {
    Pair pair;
    SetLimits(pair.a, absl::Hours(1));
    char byte;
    pollfd poll_fd = {.fd = pair.a, .events = POLLIN, .revents = 0};
    const std::function<long()> calls[] = {
        [&] { return poll(&poll_fd, 1, -1); },
        [&] { return poll(&poll_fd, 1, 3'600'000); },
        [&] { return recv(pair.a, &byte, 1, 0); },
    };
    for (const auto& call : calls) {
      std::atomic<pthread_t> self = 0;
      bool went_on = false;
      Thread thread([&] {
        self = pthread_self();
        call();
        went_on = true;
      });
      while (self == 0) this_thread::SleepFor(absl::Microseconds(100));
      this_thread::SleepFor(SomeTicks());
      EXPECT_EQ(pthread_cancel(self), 0);
      EXPECT_TRUE(thread.Join().ok());
      EXPECT_FALSE(went_on);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(, CutShortTest, HogModes(), HogModeName);

}  // namespace
}  // namespace jiffy
