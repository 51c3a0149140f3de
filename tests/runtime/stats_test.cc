// The metrics of threads and runs agree with what happened.
#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class StatsTest : public EveryRunModeTest {
 protected:
  StatsTest() { repetitions_ = 1; }
};

TEST_P(StatsTest, ThreadThatWaits_CountsItsVoluntarySwitches) {
  Run([] {
    Thread sleeper([] {
      for (int i = 0; i < 5; ++i) {
        this_thread::SleepFor(absl::Microseconds(1));
      }
    });
    while (!sleeper.Stats().finished) {
      this_thread::SleepFor(absl::Microseconds(10));
    }
    const ThreadStats stats = sleeper.Stats();
    // Its end is one, too.
    EXPECT_EQ(stats.voluntary_switches, 6u);
    EXPECT_EQ(stats.id, 2u);
    EXPECT_EQ(stats.name, "thread-2");
    EXPECT_TRUE(sleeper.Join().ok());
  });
}

TEST_P(StatsTest, LiveAndEndedThreads_CountTheSame) {
  Run([] {
    std::atomic<bool> may_end = false;
    Thread thread(ShortTurns(), [&] {
      while (!may_end) {
        SpinForTicks(1);
        this_thread::Yield();
      }
    });
    while (thread.Stats().ticks < 10) this_thread::Yield();
    const ThreadStats live = thread.Stats();
    EXPECT_FALSE(live.finished);
    may_end = true;
    while (!thread.Stats().finished) this_thread::Yield();
    const ThreadStats ended = thread.Stats();
    EXPECT_TRUE(ended.finished);
    EXPECT_GE(ended.ticks, live.ticks);
    EXPECT_GE(ended.ticks, 10u);
    EXPECT_GE(ended.voluntary_switches, live.voluntary_switches);
    EXPECT_GE(ended.preemptions, live.preemptions);
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(StatsTest, WithoutMeasuring_CpuTimeIsTicksTimesTheirLength) {
  Run([&] {
    Thread thread(ShortTurns(), [] { SpinForTicks(10); });
    while (!thread.Stats().finished) this_thread::Yield();
    const ThreadStats stats = thread.Stats();
    EXPECT_EQ(stats.cpu_time,
              static_cast<int64_t>(stats.ticks) * *options_.tick);
    EXPECT_EQ(stats.longest_wait, absl::ZeroDuration());
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(StatsTest, Measuring_TimesAreConsistent) {
  options_.measure_time = true;
  Run([] {
    this_thread::SleepFor(absl::Milliseconds(1));
    Thread thread(ShortTurns(), [] {
      SpinForTicks(20);
      this_thread::SleepFor(absl::Milliseconds(2));
      SpinForTicks(5);
    });
    while (!thread.Stats().finished) {
      SpinForTicks(1);
      this_thread::Yield();
    }
    const ThreadStats stats = thread.Stats();
    EXPECT_GE(stats.spawned, absl::Milliseconds(1));
    EXPECT_GE(stats.ended, stats.spawned + absl::Milliseconds(2));
    EXPECT_GT(stats.cpu_time, absl::ZeroDuration());
    // Its waits and sleeps are not CPU time.
    EXPECT_LE(stats.cpu_time,
              stats.ended - stats.spawned - absl::Milliseconds(2));
    EXPECT_LE(stats.longest_wait, stats.ended - stats.spawned);
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(StatsTest, MeasuringTwoHogs_EachWaitsForTheOther) {
  // Under fifo the second hog waits once, the first never.
  if (GetParam().scheduler == "fifo") GTEST_SKIP() << "it preempts nobody";
  options_.measure_time = true;
  Run([] {
    std::atomic<bool> stop = false;
    const auto hog = [&stop] {
      while (!stop) {
      }
    };
    Thread a(ShortTurns(), hog);
    Thread b(ShortTurns(), hog);
    while (a.Stats().preemptions < 5 || b.Stats().preemptions < 5) {
      this_thread::SleepFor(absl::Microseconds(200));
    }
    EXPECT_GT(a.Stats().longest_wait, absl::ZeroDuration());
    EXPECT_GT(b.Stats().longest_wait, absl::ZeroDuration());
    stop = true;
  });
  EXPECT_GE(stats().preemptions, 10u);
}

TEST_P(StatsTest, Run_CountsThreadsAndSwitches) {
  Run([] {
    for (int round = 0; round < 3; ++round) {
      std::vector<Thread> threads;
      std::atomic<int> alive = 0;
      for (int i = 0; i < 5; ++i) {
        threads.emplace_back([&] {
          alive++;
          while (alive < 5) this_thread::SleepFor(absl::Microseconds(1));
        });
      }
      for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    }
  });
  EXPECT_EQ(stats().threads, 16u);
  EXPECT_EQ(stats().most_threads, 6u);
  // At least to each thread and back.
  EXPECT_GE(stats().switches, 16u);
  EXPECT_EQ(stats().tick, *options_.tick);
  EXPECT_GT(stats().wall_time, absl::ZeroDuration());
}

TEST_P(StatsTest, Runtime_CountsEachRunAnew) {
  repetitions_ = 3;
  Run([] {
    Thread thread([] {});
    EXPECT_EQ(thread.Id(), 2u);
  });
  EXPECT_EQ(stats().threads, 2u);
}

TEST(Stats, RuntimeThatNeverRan_IsZero) {
  absl::StatusOr<Runtime> runtime = Runtime::Create({});
  ASSERT_TRUE(runtime.ok());
  EXPECT_EQ(runtime->Stats().threads, 0u);
  EXPECT_EQ(runtime->Stats().switches, 0u);
  EXPECT_TRUE(runtime->TakeTrace().records.empty());
}

INSTANTIATE_TEST_SUITE_P(RunModes, StatsTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
