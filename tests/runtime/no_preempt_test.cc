// NoPreempt and ThreadOptions::preemptible: which threads are not preempted,
// and which switches still happen.
#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class NoPreemptTest : public EveryRunModeTest {};

// Two threads that keep a pair of counters equal while they may be preempted
// anywhere but in their sections.
TEST_P(NoPreemptTest, Sections_AreAtomicToOtherThreads) {
  Run([] {
    volatile int first = 0;
    volatile int second = 0;
    std::atomic<int> wrong = 0;
    const auto work = [&] {
      const uint64_t end = TicksDelivered() + 200;
      while (TicksDelivered() < end) {
        NoPreempt section;
        if (first != second) wrong++;
        first = first + 1;
        Compute(100);
        second = second + 1;
      }
    };
    Thread a(ShortTurns(), work);
    Thread b(ShortTurns(), work);
    EXPECT_TRUE(a.Join().ok());
    EXPECT_TRUE(b.Join().ok());
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(first, second);
  });
}

TEST_P(NoPreemptTest, ThreadNotPreemptible_RunsUntilItWaits) {
  Run([] {
    std::atomic<uint64_t> count = 0;
    std::atomic<bool> stop = false;
    Thread other(ShortTurns(), [&] {
      while (!stop) count++;
    });
    ThreadOptions options = ShortTurns();
    options.preemptible = false;
    Thread hog(options, [&] {
      for (int i = 0; i < 5; ++i) {
        const uint64_t before = count;
        SpinForTicks(10);
        EXPECT_EQ(count, before) << "it was preempted";
        {
          // The end of the thread's own guard does not change that.
          NoPreempt guard;
          SpinForTicks(2);
        }
        EXPECT_EQ(count, before) << "it was preempted";
        while (count == before) this_thread::Yield();
      }
      const uint64_t before = count;
      while (count == before) this_thread::SleepFor(absl::Microseconds(100));
    });
    EXPECT_TRUE(hog.Join().ok());
    stop = true;
  });
}

TEST_P(NoPreemptTest, ThreadNotPreemptible_PaysForItsTicks) {
  Run([] {
    ThreadOptions options = ShortTurns();
    options.preemptible = false;
    Thread hog(options, [] { SpinForTicks(50); });
    while (!hog.Stats().finished) SpinForTicks(1);
    EXPECT_GE(hog.Stats().ticks, 50u);
    EXPECT_EQ(hog.Stats().preemptions, 0u);
    EXPECT_TRUE(hog.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, NoPreemptTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
