// The metrics of a run can be read during the run, by any thread.
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class LiveStatsTest : public EveryRunModeTest {
 protected:
  LiveStatsTest() {
    repetitions_ = 1;
    // For the runs that tests make without the fixture.
    spare_slots_ = 3;
  }
};

TEST_P(LiveStatsTest, OsThread_SeesTheFiguresGrow) {
  constexpr uint64_t kSwitches = Rounds(10'000);
  absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok());
  std::atomic<bool> stop = false;
  std::thread watcher([&] {
    // Both ways to count.
    for (const uint64_t count : {Rounds(100), kSwitches}) {
      while (CurrentStats().switches < count) std::this_thread::yield();
      while (runtime->Stats().switches < count) std::this_thread::yield();
    }
    while (runtime->Stats().ticks < 10) std::this_thread::yield();
    const RuntimeStats stats = CurrentStats();
    EXPECT_EQ(stats.threads, 2u);
    EXPECT_EQ(stats.live_threads, 2u);
    EXPECT_EQ(stats.tick, *options_.tick);
    EXPECT_GT(stats.wall_time, absl::ZeroDuration());
    stop = true;
  });
  EXPECT_TRUE(runtime
                  ->Run([&] {
                    const auto yields = [&] {
                      while (!stop) this_thread::Yield();
                    };
                    Thread other(yields);
                    yields();
                  })
                  .ok());
  watcher.join();
  EXPECT_GE(runtime->Stats().switches, kSwitches);
  EXPECT_EQ(runtime->Stats().live_threads, 0u);
}

TEST_P(LiveStatsTest, GreenThread_SeesThreadsThatAreAlive) {
  Run([] {
    EXPECT_EQ(CurrentStats().live_threads, 1u);
    Event event;
    std::vector<Thread> threads;
    for (int i = 0; i < 5; ++i) threads.emplace_back([&] { event.Wait(); });
    EXPECT_EQ(CurrentStats().live_threads, 6u);
    event.Set();
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(CurrentStats().live_threads, 1u);
    EXPECT_EQ(CurrentStats().most_threads, 6u);
    EXPECT_EQ(CurrentStats().threads, 6u);
  });
  EXPECT_EQ(stats().live_threads, 0u);
}

TEST_P(LiveStatsTest, ReadersAtAnyTime_FollowRunAfterRun) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok());
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        for (const RuntimeStats& stats : {CurrentStats(), runtime->Stats()}) {
          EXPECT_LE(stats.live_threads, 3u);
          EXPECT_LE(stats.threads, 3u);
        }
        ++reads;
        // With few CPUs, the runs need one, too.
        std::this_thread::yield();
      }
    });
  }
  // A reader that loses its CPU while it reads delays the end of a run.
  for (int run = 0; run < 20 || reads < static_cast<int>(Rounds(1000)); ++run) {
    EXPECT_TRUE(runtime
                    ->Run([] {
                      Thread a([] {});
                      Thread b([] { this_thread::Yield(); });
                    })
                    .ok());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_P(LiveStatsTest, LongestGuard_IsTheLongestTimeWithPreemptionOff) {
  Run([] {
    {
      NoPreempt guard;
      SpinForTicks(7);
    }
    EXPECT_GE(CurrentStats().longest_guard, 7 * kMinTimeSlice);
    {
      NoPreempt guard;
      SpinForTicks(1);
    }
  });
  EXPECT_GE(stats().longest_guard, 7 * kMinTimeSlice);
}

// On the signal stack no tick takes the CPU.
TEST_P(LiveStatsTest, TicksInAHandler_AreDeferredAndCounted) {
  if (signals::kThreadSanitizer) {
    GTEST_SKIP() << "ThreadSanitizer blocks all signals in handlers";
  }
  struct sigaction action = {};
  static std::atomic<bool> stayed;
  stayed = false;
  action.sa_handler = [](int) {
    // Otherwise no tick would come.
    if (TickIsBlocked()) return;
    SpinForTicks(5);
    stayed = true;
  };
  action.sa_flags = SA_ONSTACK;
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  uint64_t ticks = 0;
  Run([&] {
    while (!stayed) raise(SIGUSR1);
    const NoPreempt guard;
    ticks = CurrentStats().ticks;
  });
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
  EXPECT_GE(ticks, 5u);
  EXPECT_GE(stats().deferred_ticks, 1u);
}

// Each turn of the ring is a switch, even on the fast path for yields.
TEST_P(LiveStatsTest, Switches_AreCountedOneByOne) {
  options_.preempt = false;
  constexpr uint64_t kYields = 1000;
  Run([] {
    const auto yields = [] {
      for (uint64_t i = 0; i < kYields; ++i) this_thread::Yield();
    };
    Thread other(yields);
    yields();
  });
  if (GetParam().scheduler == "rr" || GetParam().scheduler == "fifo") {
    // Switches to main, between the two, and to idle; the first to end saves
    // some.
    EXPECT_GE(stats().switches, 2 * kYields);
    EXPECT_LE(stats().switches, 2 * kYields + 6);
  }
}

TEST_P(LiveStatsTest, WithoutTicks_NoGuardIsLong) {
  options_.preempt = false;
  Run([] {
    NoPreempt guard;
    Compute(1000);
  });
  EXPECT_EQ(stats().longest_guard, absl::ZeroDuration());
}

INSTANTIATE_TEST_SUITE_P(RunModes, LiveStatsTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

TEST(CurrentStatsTest, NoRunUnderWay_IsZero) {
  EXPECT_TRUE(jiffy::Run({}, [] {}).ok());
  EXPECT_EQ(CurrentStats().switches, 0u);
  EXPECT_EQ(CurrentStats().threads, 0u);
  EXPECT_EQ(CurrentStats().wall_time, absl::ZeroDuration());
}

}  // namespace
}  // namespace jiffy
