// Ticks that land in libc and in waiting system calls: which threads are
// preempted there, and how soon.
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/watched_run.h"

namespace jiffy {
namespace {

class InLibcTest : public PreemptedInLibrariesTest {
 protected:
  InLibcTest() { spare_slots_ = 4; }

  // Makes a thread do `work`, which takes longer than a tick, until another
  // thread has counted to ten. Returns the CPU time from the other thread's
  // start to its end.
  absl::Duration OthersTurnsDuring(const std::function<void()>& work) {
    int64_t took_ns = -1;
    Run([&] {
      volatile int turns = 0;
      Thread worker([&] {
        while (turns < 10) work();
      });
      Thread other([&] {
        const int64_t begin = signals::ThreadCpuNs();
        while (turns < 10) {
          turns = turns + 1;
          this_thread::Yield();
        }
        took_ns = signals::ThreadCpuNs() - begin;
      });
      EXPECT_TRUE(other.Join().ok());
      EXPECT_TRUE(worker.Join().ok());
    });
    return absl::Nanoseconds(took_ns);
  }
};

// A tick that was put off acts when the thread leaves libc, not at the next
// tick that happens to land there.
TEST_F(InLibcTest, ThreadThatLeavesLibcOften_IsPreemptedBeforeTheNextTick) {
  options_.time_slice = absl::Milliseconds(2);
  options_.tick = absl::Milliseconds(2);
  ThreadStats of_worker;
  Run([&] {
    volatile bool stop = false;
    Thread worker([&] {
      char text[64];
      while (!stop) {
        snprintf(text, sizeof text, "%d %f %s", 42, 1.5, "some text");
        for (int i = 0; i < 100; ++i) asm volatile("");
      }
    });
    while (worker.Stats().preemptions < 20) this_thread::Yield();
    of_worker = worker.Stats();
    stop = true;
    EXPECT_TRUE(worker.Join().ok());
  });
  EXPECT_LT(of_worker.ticks, 2 * of_worker.preemptions);
}

// It is preempted once between two turns of the other thread.
TEST_F(InLibcTest, CopyOfALargeBlock_IsPreemptedInTheCopy) {
  const std::string from(size_t{64} << 20, 'x');
  std::string to(from.size(), 'y');
  uint64_t copies = 0;
  OthersTurnsDuring([&] {
    memcpy(to.data(), from.data(), from.size());
    asm volatile("" : : "r"(to.data()) : "memory");
    ++copies;
  });
  // At the end of each copy, if not within it.
  EXPECT_LT(copies, 8u);
  EXPECT_GE(stats().preemptions, 8u);
}

int CompareLibcs(const void* a, const void* b) {
  return strcoll(*static_cast<char* const*>(a), *static_cast<char* const*>(b));
}

// At each tick the thread is in libc, and holds no lock.
TEST_F(InLibcTest, ThreadThatLivesInLibc_IsPreemptedBeforeLong) {
  std::vector<const char*> texts(100'000);
  const std::string text(2'000, 'x');
  for (const char*& at : texts) at = text.c_str();
  const absl::Duration took = OthersTurnsDuring([&] {
    qsort(texts.data(), texts.size(), sizeof texts[0], &CompareLibcs);
  });
  // Ten times 100 ms, and the delay of ticks on a busy machine.
  EXPECT_LT(took, absl::Seconds(3));
}

TEST_F(InLibcTest, OneLongCall_IsPreemptedWithinTheCall) {
  const std::string text(size_t{64} << 20, 'x');
  uint64_t calls = 0;
  const char* volatile at = text.c_str();
  OthersTurnsDuring([&] {
    ++calls;
    EXPECT_EQ(strlen(at), text.size());
  });
  // At the end of each call, if not within it.
  EXPECT_LT(calls, 8u);
  EXPECT_GE(stats().preemptions, 8u);
}

// ------------------------------------------------------ waiting system calls

// Makes a thread wait in `call` for many ticks, beside a thread that computes.
// Returns how much more often the call was cut short than there were ticks.
class CutShortTest : public InLibcTest {
 protected:
  int64_t InterruptionsBeyondTicks(const std::function<bool()>& was_cut_short) {
    int64_t cut_short = 0;
    uint64_t ticks = 0;
    Run([&] {
      bool stop = false;
      Thread other([&] {
        while (!stop) Compute(1'000);
      });
      Thread waiter([&] {
        const uint64_t begin = TicksDelivered();
        while (TicksDelivered() < begin + 200) cut_short += was_cut_short();
        ticks = TicksDelivered() - begin;
        stop = true;
      });
      EXPECT_TRUE(waiter.Join().ok());
      EXPECT_TRUE(other.Join().ok());
    });
    EXPECT_GT(cut_short, 0);
    return cut_short - static_cast<int64_t>(ticks);
  }
};

TEST_F(CutShortTest, ReceiveWithTimeout_AtMostOnceATick) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  const timeval timeout = {.tv_sec = 10, .tv_usec = 0};
  setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  EXPECT_LE(InterruptionsBeyondTicks([&] {
              char byte;
              return recv(sockets[0], &byte, 1, 0) < 0 && errno == EINTR;
            }),
            2);
  close(sockets[0]);
  close(sockets[1]);
}

TEST_F(CutShortTest, Poll_AtMostOnceATick) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  EXPECT_LE(InterruptionsBeyondTicks([&] {
              pollfd of = {.fd = sockets[0], .events = POLLIN, .revents = 0};
              return poll(&of, 1, 10'000) < 0 && errno == EINTR;
            }),
            2);
  close(sockets[0]);
  close(sockets[1]);
}

}  // namespace
}  // namespace jiffy
