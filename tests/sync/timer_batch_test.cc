// Many timers that are due at once expire in batches: the woken threads run in
// between.
#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

constexpr int kTimers = 20'000;

class TimerBatchTest : public SyncTest {};

TEST_P(TimerBatchTest, ManyDueAtOnce_RunningThreadSeesSomeOfThemExpired) {
  Run([] {
    const auto timers = std::make_unique<Timer[]>(kTimers);
    {
      const NoPreempt guard;
      for (int i = 0; i < kTimers; ++i) {
        EXPECT_TRUE(timers[i].Set(absl::ZeroDuration()).ok());
      }
    }
    bool seen_between = false;
    while (!timers[kTimers - 1].Expired()) {
      if (timers[0].Expired()) seen_between = true;
    }
    EXPECT_TRUE(seen_between);
    // They expire in the order in which they were set.
    for (int i = 0; i < kTimers; ++i) EXPECT_TRUE(timers[i].Expired());
  });
}

// No thread runs meanwhile: an idle worker makes no pause.
TEST_P(TimerBatchTest, ManyDueAtOnceAtIdle_AllGoOff) {
  Run([] {
    const auto timers = std::make_unique<Timer[]>(kTimers);
    for (int i = 0; i < kTimers; ++i) {
      EXPECT_TRUE(timers[i].Set(absl::Milliseconds(20)).ok());
    }
    EXPECT_EQ(timers[kTimers - 1].Wait(), WaitResult::kReady);
    for (int i = 0; i < kTimers; ++i) EXPECT_TRUE(timers[i].Expired());
  });
}

TEST_P(TimerBatchTest, ManySleepersDueAtOnce_AllWake) {
  Run([] {
    std::vector<Thread> sleepers;
    for (int i = 0; i < 50; ++i) {
      sleepers.emplace_back(
          [] { this_thread::SleepFor(absl::Milliseconds(5)); });
    }
    for (const Thread& sleeper : sleepers) AwaitBlocked(sleeper);
    {
      // All are due before the first can wake.
      const NoPreempt guard;
      const absl::Time begin = absl::Now();
      while (absl::Now() - begin < absl::Milliseconds(6)) {
      }
    }
    JoinAll(sleepers);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, TimerBatchTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
