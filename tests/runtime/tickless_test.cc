// While no thread is runnable the tick stops: an idle run takes no interrupts,
// but its jiffies continue.
#include <cstdint>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class TicklessTest : public EveryRunModeTest {
 protected:
  TicklessTest() { repetitions_ = 1; }
};

TEST_P(TicklessTest, AllSleep_JiffiesAdvanceWithoutTicks) {
  constexpr int kNaps = 10;
  const absl::Duration tick = RealTick(absl::Microseconds(100));
  options_.tick = tick;
  Run([&] {
    for (int i = 0; i < kNaps; ++i) this_thread::SleepFor(200 * tick);
  });
  // 2000 ticks. The timer delivered those around each nap: before it was
  // stopped, or late.
  EXPECT_GE(stats().jiffies, 1990u);
  EXPECT_LT(stats().ticks, stats().jiffies / 4);
}

// Jiffies follow the clock, asleep or not: none is lost in between.
TEST_P(TicklessTest, ShortNaps_JiffiesKeepUpWithTheClock) {
  const absl::Duration tick = RealTick(absl::Microseconds(100));
  const int64_t tick_ns = absl::ToInt64Nanoseconds(tick);
  options_.tick = tick;
  Run([=] {
    const int64_t begin = signals::MonotonicNs();
    const uint64_t first = Jiffies();
    const int64_t begun = signals::MonotonicNs();
    for (int i = 0; i < 300; ++i) {
      this_thread::SleepFor(1.3 * tick);
      Compute(10'000);
    }
    const int64_t end = signals::MonotonicNs();
    // A tick at either end may be on its way; 300 naps add none, and a lost
    // tick never comes.
    constexpr uint64_t kOnTheirWay = 3;
    for (;;) {
      const auto at_least =
          static_cast<uint64_t>((signals::MonotonicNs() - begun) / tick_ns);
      if (Jiffies() - first + kOnTheirWay >= at_least) break;
      ASSERT_LT(signals::MonotonicNs() - end, int64_t{10'000'000'000})
          << "jiffies are missing";
    }
    const uint64_t jiffies = Jiffies() - first;
    const auto at_most =
        static_cast<uint64_t>((signals::MonotonicNs() - begin) / tick_ns);
    EXPECT_LE(jiffies, at_most + kOnTheirWay);
  });
}

// The running thread gets its ticks again after the others have slept.
TEST_P(TicklessTest, AfterANap_TicksComeAgain) {
  Run([] {
    for (int i = 0; i < 5; ++i) {
      this_thread::SleepFor(absl::Milliseconds(1));
      SpinForTicks(5);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, TicklessTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
