// SleepFor waits for the given time and wakes sleepers in the order of their
// times, whether or not other threads keep the CPU busy.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/preempt.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class SleepTest : public EveryRunModeTest {};

TEST_P(SleepTest, SleepFor_LastsAtLeastAsLong) {
  Run([] {
    for (const int us : {1, 100, 1000, 3000}) {
      const int64_t begin = signals::MonotonicNs();
      this_thread::SleepFor(absl::Microseconds(us));
      EXPECT_GE(signals::MonotonicNs() - begin, us * int64_t{1000});
    }
  });
}

TEST_P(SleepTest, SleepFor_NegativeOrZero_LetsOthersRunAndReturns) {
  Run([] {
    for (const absl::Duration duration :
         {absl::ZeroDuration(), absl::Seconds(-5), -absl::InfiniteDuration()}) {
      std::atomic<bool> ran = false;
      Thread other([&] { ran = true; });
      while (!ran) this_thread::SleepFor(duration);
    }
  });
}

// Without ticks, no thread is preempted between waking and recording it.
TEST_P(SleepTest, ManySleepers_WakeInTheOrderOfTheirTimes) {
  constexpr int kSleepers = 20;
  options_.preempt = false;
  if (GetParam().scheduler != "rr" && GetParam().scheduler != "fifo") {
    // These two queue woken threads in order; other policies choose among them.
    GTEST_SKIP() << "who runs first of several that wake is its own business";
  }
  Run([] {
    // All must be asleep before the first is due, and each must fall asleep
    // within the interval between two; a busy machine may delay either.
    for (int64_t apart_ns = 50'000;; apart_ns *= 2) {
      int64_t last_asleep = signals::MonotonicNs();
      int64_t longest_way = 0;
      const int64_t base = last_asleep + kSleepers * apart_ns;
      // The one before, if any, is already asleep.
      const auto note_time = [&] {
        const NoPreempt one_at_a_time;
        const int64_t now = signals::MonotonicNs();
        longest_way = std::max(longest_way, now - last_asleep);
        return last_asleep = now;
      };
      std::vector<int> order;
      order.reserve(kSleepers);
      std::vector<Thread> sleepers;
      for (int i = 0; i < kSleepers; ++i) {
        const int rank = (i * 7) % kSleepers;
        sleepers.emplace_back([&, rank] {
          const int64_t due = base + rank * apart_ns;
          const int64_t now = note_time();
          this_thread::SleepFor(absl::Nanoseconds(due - now));
          const NoPreempt one_at_a_time;
          order.push_back(rank);
        });
      }
      sleepers.emplace_back([&] { note_time(); });
      for (Thread& sleeper : sleepers) EXPECT_TRUE(sleeper.Join().ok());
      if (last_asleep >= base || longest_way >= apart_ns) continue;
      for (int i = 0; i < kSleepers; ++i) EXPECT_EQ(order[i], i);
      break;
    }
  });
}

// A sleeper's timer is set even while the CPU is busy.
TEST_P(SleepTest, SleeperBesideHog_Wakes) {
  // Fifo never takes the CPU from the hog, which waits for the sleeper.
  if (GetParam().scheduler == "fifo") GTEST_SKIP() << "a hog starves others";
  Run([] {
    std::atomic<bool> stop = false;
    Thread hog(ShortTurns(), [&] {
      while (!stop) {
      }
    });
    Thread sleeper(ShortTurns(), [] {
      for (int i = 0; i < 10; ++i) {
        this_thread::SleepFor(absl::Microseconds(200));
      }
    });
    EXPECT_TRUE(sleeper.Join().ok());
    stop = true;
  });
}

TEST_P(SleepTest, AllSleep_TheRunWaitsForTheLast) {
  Run([] {
    std::atomic<int> awake = 0;
    std::vector<Thread> sleepers;
    for (int i = 1; i <= 3; ++i) {
      sleepers.emplace_back([&awake, i] {
        this_thread::SleepFor(absl::Milliseconds(i));
        awake++;
      });
      EXPECT_TRUE(sleepers.back().Detach().ok());
    }
    this_thread::SleepFor(absl::Milliseconds(1));
    while (awake < 3) this_thread::SleepFor(absl::Milliseconds(1));
  });
}

// A thread may choose to sleep under a guard, and keeps the guard.
TEST_P(SleepTest, SleepUnderNoPreempt_ComesBackGuarded) {
  Run([] {
    std::atomic<bool> ran = false;
    Thread other([&] { ran = true; });
    {
      NoPreempt guard;
      while (!ran) this_thread::SleepFor(absl::Microseconds(50));
      EXPECT_EQ(signals::task_frame.head.preempt_count, 1u);
    }
    EXPECT_EQ(signals::task_frame.head.preempt_count, 0u);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, SleepTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
