// A thread that a signal handler of the program may still wake is not in a
// deadlock.
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;

sem_t semaphore;
void Post(int) { sem_post(&semaphore); }
void Nothing(int) {}

class SemaphoreHandlerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = SharedTlsReason({}); !reason.empty()) {
      // A handler may not wait there: the interrupted thread may be inside
      // libc, and the next thread would continue with the same block.
      GTEST_SKIP() << reason;
    }
    sem_init(&semaphore, 0, 0);
  }
  void TearDown() override {
    for (const int number : {SIGUSR1, SIGSEGV}) signal(number, SIG_DFL);
  }
};

// Sends SIGUSR1 to the process after `ms` milliseconds.
void SendAfter(int ms) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer;
  ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  itimerspec spec = {};
  spec.it_value.tv_nsec = ms * 1'000'000L;
  ASSERT_EQ(timer_settime(timer, 0, &spec, nullptr), 0);
}

TEST_F(SemaphoreHandlerTest, OnlyThreadWaits_HandlerWakesIt) {
  signal(SIGUSR1, &Post);
  for (const char* policy : {"rr", "cfs", "eevdf", "mlfq", "fifo"}) {
    const absl::Status status = jiffy::Run({.scheduler = policy}, [] {
      // Longer than the worker waits before it looks for other threads.
      SendAfter(120);
      while (sem_wait(&semaphore) != 0) {
      }
    });
    EXPECT_TRUE(status.ok()) << policy << ": " << status;
  }
}

TEST_F(SemaphoreHandlerTest, Pause_EndsWithAHandlerAndNotWithATick) {
  signal(SIGUSR1, &Post);
  const absl::Status status = jiffy::Run({.scheduler = "rr"}, [] {
    std::atomic<bool> stop = false;
    Thread hog([&] {
      while (!stop) {
      }
    });
    SendAfter(60);
    EXPECT_EQ(pause(), -1);
    EXPECT_EQ(errno, EINTR);
    EXPECT_EQ(sem_trywait(&semaphore), 0) << "no handler has run";
    stop = true;
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(SemaphoreHandlerTest, Sigsuspend_TakesASignalThatWasPending) {
  signal(SIGUSR1, &Post);
  const absl::Status status = jiffy::Run({.scheduler = "rr"}, [] {
    sigset_t set;
    sigset_t before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    for (int i = 0; i < 3; ++i) {
      raise(SIGUSR1);
      EXPECT_EQ(sem_trywait(&semaphore), -1);
      EXPECT_EQ(sigsuspend(&before), -1);
      EXPECT_EQ(errno, EINTR);
      EXPECT_EQ(sem_trywait(&semaphore), 0);
      sigset_t now;
      pthread_sigmask(SIG_BLOCK, nullptr, &now);
      EXPECT_EQ(sigismember(&now, SIGUSR1), 1);
    }
    // No other thread blocks it: it comes while the worker is idle.
    SendAfter(60);
    EXPECT_EQ(sigsuspend(&before), -1);
    EXPECT_EQ(sem_trywait(&semaphore), 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(SemaphoreHandlerTest, NoHandler_IsReportedAsADeadlock) {
  const absl::Status status = jiffy::Run({}, [] { sem_wait(&semaphore); });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("deadlock"));
}

// Such a handler is for faults only, and nothing faults.
TEST_F(SemaphoreHandlerTest, HandlerOfFaultsOnly_IsReportedAsADeadlock) {
  signal(SIGSEGV, &Nothing);
  const absl::Status status = jiffy::Run({}, [] { sem_wait(&semaphore); });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

// No handler may do what would end these waits.
TEST_F(SemaphoreHandlerTest, JoinsInACycle_AreADeadlockInSpiteOfAHandler) {
  signal(SIGUSR1, &Post);
  Thread a;
  Thread b;
  std::atomic<bool> both = false;
  const absl::Status status = jiffy::Run({}, [&] {
    a = Thread([&] {
      while (!both) this_thread::Yield();
      b.Join().IgnoreError();
    });
    b = Thread([&] { a.Join().IgnoreError(); });
    both = true;
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace jiffy
