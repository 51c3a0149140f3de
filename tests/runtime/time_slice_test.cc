// Each thread's time slice is counted in ticks: a longer slice gives a turn of
// as many more ticks. Based on charged ticks, not on the wall clock.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class TimeSliceTest : public RunTest {
 protected:
  TimeSliceTest() { repetitions_ = 1; }

  struct Hog {
    ThreadStats stats;
    // Preemptions while all hogs were there.
    uint64_t turns = 0;
  };

  // Lets one hog for each slice run until the run has counted `ticks` and
  // preempted each hog; returns the hogs' metrics.
  std::vector<Hog> RunHogs(
      const std::vector<std::optional<absl::Duration>>& slices,
      uint64_t jiffies) {
    std::vector<Hog> result(slices.size());
    Run([&] {
      std::atomic<bool> stop = false;
      std::vector<Thread> hogs;
      for (const std::optional<absl::Duration>& slice : slices) {
        hogs.emplace_back(ThreadOptions{.time_slice = slice}, [&] {
          while (!stop) {
          }
        });
      }
      // The first hogs may have had turns before the last one was spawned.
      std::vector<uint64_t> alone;
      alone.reserve(hogs.size());
      {
        NoPreempt guard;
        for (Thread& hog : hogs) alone.push_back(hog.Stats().preemptions);
      }
      const auto preempted = [](Thread& hog) {
        return hog.Stats().preemptions > 0;
      };
      while (Jiffies() < jiffies ||
             !std::all_of(hogs.begin(), hogs.end(), preempted)) {
        this_thread::SleepFor(absl::Milliseconds(1));
      }
      stop = true;
      for (size_t i = 0; i < hogs.size(); ++i) {
        while (!hogs[i].Stats().finished) {
          this_thread::SleepFor(absl::Milliseconds(1));
        }
        result[i].stats = hogs[i].Stats();
        result[i].turns = result[i].stats.preemptions - alone[i];
      }
    });
    return result;
  }
};

// A turn lasts for its ticks, or longer if several came at once.
TEST_F(TimeSliceTest, SlicesOfOneAndFourTicks_GetTicksInThatRatio) {
  const absl::Duration tick = RealTick(absl::Microseconds(200));
  options_.time_slice = tick;
  options_.tick = tick;
  const std::vector<Hog> hogs = RunHogs({std::nullopt, 4 * tick}, 1000);
  // A turn ends at the first tick that fills the slice. On a busy machine
  // several ticks may come at once, which lengthens the turn but never shortens
  // it.
  for (const Hog& hog : hogs) ASSERT_GT(hog.stats.preemptions, 0u);
  EXPECT_GE(hogs[0].stats.ticks, hogs[0].stats.preemptions);
  EXPECT_GE(hogs[1].stats.ticks, 4 * hogs[1].stats.preemptions);
  // The hogs take turns: one may be ahead by the current turn, and by a tick
  // between its last turn and its end.
  EXPECT_NEAR(static_cast<double>(hogs[0].turns),
              static_cast<double>(hogs[1].turns), 2);
}

TEST_F(TimeSliceTest, SliceShorterThanTheTick_ShortensTheTick) {
  const absl::Duration slice = RealTick(absl::Microseconds(500));
  options_.time_slice = 20 * slice;
  options_.tick = std::nullopt;
  RunHogs({std::nullopt, slice}, 100);
  EXPECT_EQ(stats().tick, slice);
}

TEST_F(TimeSliceTest, SliceShorterThanTheTickThatWasAskedFor_KeepsTheTick) {
  const absl::Duration tick = 2 * RealTick(absl::Microseconds(500));
  options_.time_slice = tick;
  options_.tick = tick;
  RunHogs({std::nullopt, tick / 2}, 20);
  EXPECT_EQ(stats().tick, tick);
}

TEST_F(TimeSliceTest, TickShorterThanTheSlice_TurnLastsSeveralTicks) {
  options_.tick = RealTick(absl::Microseconds(100));
  options_.time_slice = 5 * *options_.tick;
  for (const Hog& hog : RunHogs({std::nullopt, std::nullopt}, 1000)) {
    ASSERT_GT(hog.stats.preemptions, 0u);
    EXPECT_GE(hog.stats.ticks, 5 * hog.stats.preemptions);
  }
}

TEST_F(TimeSliceTest, NoTickAskedFor_IsTheSlice) {
  options_.time_slice = absl::Milliseconds(2);
  options_.tick = std::nullopt;
  Run([] {});
  EXPECT_EQ(stats().tick, absl::Milliseconds(2));
}

TEST_F(TimeSliceTest, PolicyWithATickOfItsOwn_GetsIt) {
  options_.scheduler = "linux-0.01";
  options_.tick = std::nullopt;
  Run([] {});
  EXPECT_EQ(stats().tick, absl::Milliseconds(10));
}

}  // namespace
}  // namespace jiffy
