// Each thread's time slice counts, in ticks: the longer one's turn lasts as
// many more. Decided by ticks that were charged, not by the clock on the wall.
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
    // Ticks a turn, as the thread's slice says.
    uint64_t turn = 0;
  };

  // Lets one hog for each slice run until the run has counted that many ticks
  // and preempted each hog, and returns what was counted of them.
  std::vector<ThreadStats> RunHogs(
      const std::vector<std::optional<absl::Duration>>& slices,
      uint64_t jiffies) {
    std::vector<ThreadStats> result;
    Run([&] {
      std::atomic<bool> stop = false;
      std::vector<Thread> hogs;
      for (const std::optional<absl::Duration>& slice : slices) {
        hogs.emplace_back(ThreadOptions{.time_slice = slice}, [&] {
          while (!stop) {
          }
        });
      }
      const auto preempted = [](Thread& hog) {
        return hog.Stats().preemptions > 0;
      };
      while (Jiffies() < jiffies ||
             !std::all_of(hogs.begin(), hogs.end(), preempted)) {
        this_thread::SleepFor(absl::Milliseconds(1));
      }
      stop = true;
      for (Thread& hog : hogs) {
        while (!hog.Stats().finished) {
          this_thread::SleepFor(absl::Milliseconds(1));
        }
        result.push_back(hog.Stats());
      }
    });
    return result;
  }
};

// A turn lasts its ticks, or more where several came at once.
TEST_F(TimeSliceTest, SlicesOfOneAndFourTicks_GetTicksInThatRatio) {
  options_.time_slice = absl::Microseconds(200);
  options_.tick = absl::Microseconds(200);
  const std::vector<ThreadStats> stats =
      RunHogs({std::nullopt, absl::Microseconds(800)}, 1000);
  ASSERT_EQ(stats.size(), 2u);
  // A turn ends at the first tick that fills the slice. Several may come at
  // once, on a busy machine, and lengthen it: never shorten it.
  for (const ThreadStats& s : stats) ASSERT_GT(s.preemptions, 0u);
  EXPECT_GE(stats[0].ticks, stats[0].preemptions);
  EXPECT_GE(stats[1].ticks, 4 * stats[1].preemptions);
  // They take turns.
  EXPECT_NEAR(static_cast<double>(stats[0].preemptions),
              static_cast<double>(stats[1].preemptions), 2);
}

TEST_F(TimeSliceTest, SliceShorterThanTheTick_ShortensTheTick) {
  options_.time_slice = absl::Milliseconds(10);
  options_.tick = std::nullopt;
  RunHogs({std::nullopt, absl::Microseconds(500)}, 100);
  EXPECT_EQ(stats().tick, absl::Microseconds(500));
}

TEST_F(TimeSliceTest, SliceShorterThanTheTickThatWasAskedFor_KeepsTheTick) {
  options_.time_slice = absl::Milliseconds(1);
  options_.tick = absl::Milliseconds(1);
  RunHogs({std::nullopt, absl::Microseconds(500)}, 20);
  EXPECT_EQ(stats().tick, absl::Milliseconds(1));
}

TEST_F(TimeSliceTest, TickShorterThanTheSlice_TurnLastsSeveralTicks) {
  options_.time_slice = absl::Microseconds(500);
  options_.tick = absl::Microseconds(100);
  const std::vector<ThreadStats> stats =
      RunHogs({std::nullopt, std::nullopt}, 1000);
  ASSERT_EQ(stats.size(), 2u);
  for (const ThreadStats& s : stats) {
    ASSERT_GT(s.preemptions, 0u);
    EXPECT_GE(s.ticks, 5 * s.preemptions);
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
