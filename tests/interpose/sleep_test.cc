// Sleeping and yielding by libc's functions lets the other green threads run.
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// Returns whether another thread runs during `wait`.
bool OthersRunDuring(const std::function<void()>& wait) {
  bool ran = false;
  Thread other([&] { ran = true; });
  const bool ran_before = ran;
  wait();
  const bool ran_during = ran && !ran_before;
  EXPECT_TRUE(other.Join().ok());
  return ran_during;
}

class SleepTest : public InterposeTest {
 protected:
  // Without ticks, nothing else makes other threads run.
  SleepTest() { options_.preempt = false; }
};

TEST_P(SleepTest, Sleeper_LetsOthersRun) {
  const auto check = [] {
    const timespec ms = {.tv_sec = 0, .tv_nsec = 1'000'000};
    timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 1;
    const absl::Time begin = absl::Now();
    EXPECT_TRUE(
        OthersRunDuring([&] { EXPECT_EQ(nanosleep(&ms, nullptr), 0); }));
    EXPECT_TRUE(OthersRunDuring([] { EXPECT_EQ(usleep(1000), 0); }));
    EXPECT_TRUE(OthersRunDuring(
        [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }));
    EXPECT_TRUE(OthersRunDuring([&] {
      EXPECT_EQ(clock_nanosleep(CLOCK_BOOTTIME, 0, &ms, nullptr), 0);
    }));
    EXPECT_TRUE(OthersRunDuring([] { absl::SleepFor(absl::Milliseconds(1)); }));
    EXPECT_GE(absl::Now() - begin, absl::Milliseconds(5));
    EXPECT_TRUE(OthersRunDuring([&] {
      EXPECT_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, nullptr),
                0);
    }));
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    EXPECT_GE(now.tv_sec, at.tv_sec);
    EXPECT_TRUE(OthersRunDuring([] { EXPECT_EQ(sleep(1), 0u); }));
  };
  repetitions_ = 1;
  Run(check);
  // Sleeping does not depend on thread-local storage. (These threads have their
  // own slots.)
  spare_slots_ += 2;
  options_.shared_tls = true;
  Run(check);
}

TEST_P(SleepTest, Yield_LetsOthersRun) {
  // The policy picks a yielding thread again until its ticks are used up.
  if (options_.scheduler == "linux-0.01") {
    GTEST_SKIP() << "who yields is chosen again under linux-0.01";
  }
  Run([] {
    EXPECT_TRUE(OthersRunDuring([] { EXPECT_EQ(sched_yield(), 0); }));
    EXPECT_TRUE(OthersRunDuring([] { std::this_thread::yield(); }));
    EXPECT_TRUE(OthersRunDuring([] { sleep(0); }));
  });
}

TEST_P(SleepTest, BadTimes_AreRefused) {
  Run([] {
    const timespec bad = {.tv_sec = 0, .tv_nsec = 1'000'000'000};
    const timespec negative = {.tv_sec = -1, .tv_nsec = 0};
    EXPECT_EQ(nanosleep(&bad, nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(nanosleep(&negative, nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &bad, nullptr),
              EINVAL);
    EXPECT_EQ(
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &negative, nullptr),
        EINVAL);
  });
}

INSTANTIATE_TEST_SUITE_P(, SleepTest,
                         ::testing::Combine(::testing::Values("rr",
                                                              "linux-0.01"),
                                            ::testing::Values(false)),
                         InterposeModeName);

}  // namespace
}  // namespace jiffy
