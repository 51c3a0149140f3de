// A handler of the program runs in the green thread that it interrupts, with
// its own mask, on any stack. It may wait, post and be preempted there, while
// other threads run with their own masks.
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/program_signals.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// A policy, and a time slice in microseconds.
using Mode = std::tuple<std::string, int>;

class HandlerTest : public RunTest, public ::testing::WithParamInterface<Mode> {
 protected:
  HandlerTest() {
    options_.scheduler = std::get<0>(GetParam());
    options_.time_slice = absl::Microseconds(std::get<1>(GetParam()));
    options_.tick = options_.time_slice;
    repetitions_ = 1;
  }
  void SetUp() override {
    RunTest::SetUp();
    if (const std::string reason = SharedTlsReason(options_); !reason.empty()) {
      // A handler may not wait there: the interrupted thread may be inside
      // libc, and the next thread would continue with the same block.
      GTEST_SKIP() << reason;
    }
  }
  // Few where each takes a slice of 10 ms.
  int rounds() const { return std::get<1>(GetParam()) > 1000 ? 2 : 15; }
};

sem_t semaphore;
void Post(int) { sem_post(&semaphore); }

TEST_P(HandlerTest, PostWithAFullMask_OthersArePreemptedMeanwhile) {
  const Handles handles(SIGUSR1, &Post, SA_RESTART, /*full_mask=*/true);
  Run([this] {
    sem_init(&semaphore, 0, 0);
    std::atomic<int> done = 0;
    std::atomic<int> token = 0;
    std::atomic<bool> stop = false;
    std::atomic<int> blocked = 0;
    Thread waiter([&] {
      for (int i = 0; i < rounds(); ++i) {
        while (sem_wait(&semaphore) != 0) {
        }
        blocked += IsBlocked(SIGUSR2) + IsBlocked(SIGALRM);
        const int seen = token;  // Computes until another thread has run.
        while (token == seen) {
        }
        done++;
      }
    });
    Thread other([&] {
      while (!stop) {
        token++;
        Compute(1000);
      }
    });
    for (int i = 0; i < rounds(); ++i) {
      raise(SIGUSR1);
      blocked += IsBlocked(SIGUSR2);
      while (done <= i) {
      }
    }
    stop = true;
    EXPECT_TRUE(waiter.Join().ok());
    EXPECT_TRUE(other.Join().ok());
    EXPECT_EQ(blocked, 0);
    sem_destroy(&semaphore);
  });
}

std::atomic<int> naps = 0;
std::atomic<int> mask_lost = 0;
std::atomic<int> bad_words = 0;
std::atomic<int> ran_meanwhile = 0;

void ResetCounts() {
  naps = 0;
  mask_lost = 0;
  bad_words = 0;
  ran_meanwhile = 0;
}

void Nap(int) {
  volatile int canary[64];
  for (int i = 0; i < 64; ++i) canary[i] = i;
  const int before = ran_meanwhile;
  const timespec time = {0, 100'000};
  for (int i = 0; i < 5 || ran_meanwhile == before; ++i) {
    nanosleep(&time, nullptr);
    mask_lost += !IsBlocked(SIGUSR2) + !IsBlocked(SIGUSR1);
  }
  for (int i = 0; i < 64; ++i) bad_words += canary[i] != i;
  naps++;
}

// A handler that waits: its mask is back after each wait, does not affect other
// threads, and is gone when the handler returns.
// gone when it returns.
TEST_P(HandlerTest, HandlerThatSleeps_KeepsItsMaskAndOthersRun) {
  const Handles handles(SIGUSR1, &Nap, SA_RESTART, /*full_mask=*/true);
  Run([] {
    ResetCounts();
    std::atomic<bool> stop = false;
    int wrong = 0;
    Thread other([&] {
      while (!stop) {
        ran_meanwhile++;
        wrong += IsBlocked(SIGUSR2);
        this_thread::SleepFor(absl::Microseconds(50));
      }
    });
    for (int i = 1; i <= 3; ++i) {
      raise(SIGUSR1);
      EXPECT_EQ(naps, i);
      EXPECT_FALSE(IsBlocked(SIGUSR2));
      EXPECT_FALSE(IsBlocked(SIGUSR1));
    }
    stop = true;
    EXPECT_TRUE(other.Join().ok());
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(mask_lost, 0);
    EXPECT_EQ(bad_words, 0);
  });
}

void Overwrite(int) {
  volatile char words[8000];
  for (volatile char& word : words) word = -1;
  ran_meanwhile++;
}

// Two threads: one sleeps in a handler while the other's handler overwrites the
// contents of an alternate stack.
void TwoHandlersAtOnce(bool own_stacks) {
  ResetCounts();
  const auto thread = [own_stacks](auto fn) {
    return Thread([own_stacks, fn] {
      if (!own_stacks) return fn();
      const OwnAlternateStack own;
      fn();
    });
  };
  std::atomic<bool> stop = false;
  Thread sleeper = thread([] {
    for (int i = 0; i < 3; ++i) raise(SIGUSR1);
  });
  Thread overwriter = thread([&stop] {
    while (!stop) {
      raise(SIGUSR2);
      this_thread::SleepFor(absl::Microseconds(50));
    }
  });
  EXPECT_TRUE(sleeper.Join().ok());
  stop = true;
  EXPECT_TRUE(overwriter.Join().ok());
  EXPECT_EQ(naps, 3);
  EXPECT_EQ(bad_words, 0);
  EXPECT_EQ(mask_lost, 0);
}

TEST_P(HandlerTest, SleepsOnItsOwnAlternateStack_NobodyElseUsesIt) {
  const Handles nap(SIGUSR1, &Nap, SA_ONSTACK, /*full_mask=*/true);
  const Handles overwrite(SIGUSR2, &Overwrite, SA_ONSTACK);
  Run([] { TwoHandlersAtOnce(/*own_stacks=*/true); });
}

TEST_P(HandlerTest, ThreadsWithoutAlternateStack_RunHandlersOnTheirOwn) {
  const Handles nap(SIGUSR1, &Nap, SA_ONSTACK, /*full_mask=*/true);
  const Handles overwrite(SIGUSR2, &Overwrite, SA_ONSTACK);
  // The worker's stack, which all threads would share.
  const OwnAlternateStack of_worker;
  Run([] { TwoHandlersAtOnce(/*own_stacks=*/false); });
}

sigjmp_buf jump;
std::atomic<int> times_left = 0;
void Leave(int) {
  sem_post(&semaphore);
  siglongjmp(jump, 1);
}

TEST_P(HandlerTest, LeftByAJump_MaskIsWhatTheJumpRestores) {
  const Handles handles(SIGUSR1, &Leave, SA_ONSTACK, /*full_mask=*/true);
  Run([] {
    sem_init(&semaphore, 0, 0);
    for (times_left = 3; times_left > 0; times_left--) {
      if (sigsetjmp(jump, 1) == 0) {
        raise(SIGUSR1);
        ADD_FAILURE() << "the handler returned";
      }
      EXPECT_FALSE(IsBlocked(SIGUSR1));
      EXPECT_EQ(sem_wait(&semaphore), 0);
      this_thread::SleepFor(absl::Microseconds(100));
      EXPECT_FALSE(IsBlocked(SIGUSR1));
      EXPECT_FALSE(IsBlocked(SIGUSR2));
      std::atomic<bool> blocked = true;
      Thread other([&] { blocked = IsBlocked(SIGUSR2); });
      EXPECT_TRUE(other.Join().ok());
      EXPECT_FALSE(blocked);
    }
    sem_destroy(&semaphore);
  });
}

std::atomic<bool> go_on = false;
std::atomic<bool> in_handler = false;
void Spin(int) {
  in_handler = true;
  while (!go_on) {
  }
}

TEST_P(HandlerTest, HandlerThatSpinsWithAFullMask_IsPreempted) {
  const Handles handles(SIGUSR1, &Spin, 0, /*full_mask=*/true);
  Run([] {
    go_on = false;
    in_handler = false;
    Thread releases([] {
      while (!in_handler) this_thread::SleepFor(absl::Microseconds(50));
      go_on = true;
    });
    raise(SIGUSR1);
    EXPECT_TRUE(releases.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(
    Modes, HandlerTest,
    ::testing::Combine(::testing::Values("rr", "cfs", "eevdf", "mlfq",
                                         "linux-0.01"),
                       ::testing::Values(10'000, 1000, 50)),
    [](const ::testing::TestParamInfo<Mode>& info) {
      const std::string& name = std::get<0>(info.param);
      return (name == "linux-0.01" ? "linux_0_01" : name) + "_" +
             std::to_string(std::get<1>(info.param)) + "us";
    });

void Nothing(int) {}
void NothingWithInfo(int, siginfo_t*, void*) {}

TEST(HandlerActions, OldAction_IsWhatTheProgramSet) {
  struct sigaction before;
  struct sigaction action = {};
  action.sa_handler = &Nothing;
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigaddset(&action.sa_mask, SIGUSR2);
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  EXPECT_EQ(before.sa_handler, SIG_DFL);
  struct sigaction now;
  ASSERT_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, &Nothing);
  EXPECT_EQ(now.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO),
            SA_RESTART | SA_NODEFER);
  EXPECT_EQ(sigismember(&now.sa_mask, SIGUSR2), 1);

  action.sa_sigaction = &NothingWithInfo;
  action.sa_flags = SA_SIGINFO;
  struct sigaction old;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &old), 0);
  EXPECT_EQ(old.sa_handler, &Nothing);
  ASSERT_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_sigaction, &NothingWithInfo);
  EXPECT_NE(signal(SIGUSR1, &Nothing), SIG_ERR);
  EXPECT_EQ(signal(SIGUSR1, SIG_IGN), &Nothing);
  ASSERT_EQ(sigaction(SIGUSR1, &before, &old), 0);
  EXPECT_EQ(old.sa_handler, SIG_IGN);
  EXPECT_EQ(sigaction(SIGKILL, &action, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

std::atomic<int> told_value = 0;
void Tell(int, siginfo_t* info, void*) {
  told_value = info->si_value.sival_int;
}

// Also where the signal is sent twice, from the worker's alternate stack.
TEST(HandlerActions, Siginfo_ReachesTheHandler) {
  struct sigaction before;
  struct sigaction action = {};
  action.sa_sigaction = &Tell;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  ASSERT_TRUE(jiffy::Run({}, [] {
                for (const int value : {5, 6}) {
                  sigqueue(getpid(), SIGUSR1, {.sival_int = value});
                  EXPECT_EQ(told_value, value);
                }
              }).ok());
  sigaction(SIGUSR1, &before, nullptr);
}

TEST(HandlerActions, ResetHand_RunsOnceThenTheDefaultIsBack) {
  struct sigaction action = {};
  action.sa_handler = &Post;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
  ASSERT_TRUE(jiffy::Run({}, [&] {
                sem_init(&semaphore, 0, 0);
                ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
                raise(SIGUSR1);
                EXPECT_EQ(sem_trywait(&semaphore), 0);
                struct sigaction now;
                sigaction(SIGUSR1, nullptr, &now);
                EXPECT_EQ(now.sa_handler, SIG_DFL);
                sem_destroy(&semaphore);
              }).ok());
}

}  // namespace
}  // namespace jiffy
