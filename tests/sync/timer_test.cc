// Timers expire when they are due, in that order, and not if cancelled.
#include "runtime/sync/timer.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class TimerTest : public SyncTest {};

TEST_P(TimerTest, GoesOff_NotBeforeItIsDue) {
  Run([] {
    Timer timer;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(timer.Set(absl::Milliseconds(2)).ok());
    EXPECT_FALSE(timer.Expired());
    EXPECT_EQ(timer.Wait(), WaitResult::kReady);
    EXPECT_GE(std::chrono::steady_clock::now() - start,
              std::chrono::milliseconds(2));
    EXPECT_TRUE(timer.Expired());
    EXPECT_FALSE(timer.Cancel());
    EXPECT_TRUE(timer.Set(absl::Milliseconds(-7)).ok());
    EXPECT_EQ(timer.Wait(), WaitResult::kReady);
  });
}

TEST_P(TimerTest, SetAgain_CountsFromThen) {
  Run([] {
    Timer timer;
    EXPECT_TRUE(timer.Set(absl::Seconds(1000)).ok());
    EXPECT_TRUE(timer.Set(absl::Milliseconds(1)).ok());
    EXPECT_EQ(timer.Wait(), WaitResult::kReady);
    EXPECT_TRUE(timer.Set(absl::InfiniteDuration()).ok());
    EXPECT_FALSE(timer.Expired());
    EXPECT_EQ(timer.Wait({.timeout = absl::Milliseconds(1)}),
              WaitResult::kTimeout);
    EXPECT_TRUE(timer.Cancel());
  });
}

TEST_P(TimerTest, Cancelled_DoesNotGoOff) {
  Run([] {
    Timer timer;
    EXPECT_FALSE(timer.Cancel());
    // On a busy machine it may go off before it is cancelled.
    do {
      EXPECT_TRUE(timer.Set(absl::Milliseconds(1)).ok());
    } while (!timer.Cancel());
    EXPECT_EQ(timer.Wait({.timeout = absl::Milliseconds(3)}),
              WaitResult::kTimeout);
    EXPECT_FALSE(timer.Expired());
  });
}

TEST_P(TimerTest, ManyWait_AllWake_OsThreadsToo) {
  Run([] {
    Timer timer;
    EXPECT_TRUE(timer.Set(absl::Milliseconds(3)).ok());
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(
          [&] { EXPECT_EQ(timer.Wait(), WaitResult::kReady); });
    }
    std::thread os([&] { EXPECT_EQ(timer.Wait(), WaitResult::kReady); });
    JoinAll(threads);
    os.join();
  });
}

TEST_P(TimerTest, ManyPending_GoOffInOrder) {
  Run([] {
    constexpr int kTimers = 2'000;
    const auto timers = std::make_unique<Timer[]>(kTimers);
    for (int i = 0; i < kTimers; ++i) {
      // 7919 and their number have no common factor: each delay occurs once.
      EXPECT_TRUE(timers[i].Set(absl::Microseconds(i * 7919 % kTimers)).ok());
    }
    for (int i = 0; i < kTimers; i += 3) timers[i].Cancel();
    for (int i = 0; i < kTimers; ++i) {
      if (i % 3 == 0) continue;
      EXPECT_EQ(timers[i].Wait(), WaitResult::kReady);
    }
  });
}

TEST_P(TimerTest, LeftPendingAtTheEndOfTheRun_IsForgotten) {
  Timer timer;
  Run([&] { EXPECT_TRUE(timer.Set(absl::Seconds(1000)).ok()); });
  EXPECT_FALSE(timer.Cancel());
}

TEST_P(TimerTest, SleepFor_EndsByStop) {
  Run([] {
    Event timed_out;
    Thread thread([&](std::stop_token stop) {
      EXPECT_EQ(this_thread::SleepFor(absl::Milliseconds(1), stop),
                WaitResult::kTimeout);
      timed_out.Set();
      EXPECT_EQ(this_thread::SleepFor(absl::Seconds(1000), stop),
                WaitResult::kStopped);
    });
    timed_out.Wait();
    this_thread::SleepFor(absl::Milliseconds(2));
    thread.RequestStop();
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(TimerTest, SleepUntil_ATimeThatIsPast_IsNoSleep) {
  Run([] {
    const auto now = std::chrono::steady_clock::now();
    this_thread::SleepUntil(now + std::chrono::milliseconds(2));
    EXPECT_GE(std::chrono::steady_clock::now() - now,
              std::chrono::milliseconds(2));
    this_thread::SleepUntil(now);
    EXPECT_EQ(this_thread::SleepUntil(now, std::stop_token()),
              WaitResult::kTimeout);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, TimerTest, ::testing::ValuesIn(SyncModes()),
                         RunModeName);

TEST(Timer, SetOutsideOfARun_IsAnError) {
  Timer timer;
  EXPECT_EQ(timer.Set(absl::Milliseconds(1)).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace jiffy
