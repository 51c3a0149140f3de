#include "sched/mlfq.h"

#include <cstdint>
#include <memory>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kTickNs = FakeHost::kTickNs;

// Four levels of 1, 2, 4, 8 ticks; a boost every 100 ticks.
Mlfq::Options Options(int64_t boost_ticks = 100) {
  Mlfq::Options options = Mlfq::DoublingSlices(4, kTickNs);
  options.boost_ns = boost_ticks * kTickNs;
  return options;
}

class MlfqTest : public testing::Test {
 protected:
  static int LevelOf(FakeTask* task) { return task->Data<Mlfq::Task>().level; }

  FakeHost host_{std::make_unique<Mlfq>(Options())};
};

TEST_F(MlfqTest, PreferredTick_IsTheShortestSlice) {
  EXPECT_EQ(host_.scheduler().PreferredTickNs(), kTickNs);
}

TEST_F(MlfqTest, DoublingSlices_ManyLevels_StopAtAnHour) {
  const Mlfq::Options options = Mlfq::DoublingSlices(32, kTickNs);
  EXPECT_EQ(options.slice_ns[1], 2 * kTickNs);
  EXPECT_EQ(options.slice_ns[31], int64_t{3600} * 1'000'000'000);
}

// Down the levels, round-robin in each. At tick 100 all go to the top; A is
// then in the middle of its slice of 8, and continues with a fresh one of 1.
TEST_F(MlfqTest, TwoHogs_SinkAndAreBoosted_GoldenSequence) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(115);
  EXPECT_EQ(host_.TakeHistory(),
            "A1 B1 A2 B2 A4 B4 A8 B8 A8 B8 A8 B8 A8 B8 A8 B8 "
            "A7 B1 A2 B2 A4 B4 A1");
}

TEST_F(MlfqTest, Newcomer_BeginsAtTheTopAndPreempts) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(8);
  ASSERT_EQ(LevelOf(a), 3);
  host_.Spawn("B");
  host_.TakeHistory();
  host_.Ticks(10);
  // Down to the level of A, behind it.
  EXPECT_EQ(host_.TakeHistory(), "A1 B7 A2");
}

// It blocks before each slice is over, but the parts add up.
TEST_F(MlfqTest, BlockingBeforeTheSliceEnds_DoesNotKeepTheLevel) {
  FakeHost host(std::make_unique<Mlfq>([] {
    Mlfq::Options options = Mlfq::DoublingSlices(3, 4 * kTickNs);
    options.boost_ns = 0;
    return options;
  }()));
  FakeTask* const gamer = host.Spawn("A");
  host.Dispatch();
  for (const int level : {0, 1, 1}) {
    host.Ticks(3);
    host.BlockCurrent();
    EXPECT_EQ(LevelOf(gamer), level);
    host.Wake(*gamer);
    host.Dispatch();
  }
  for (int i = 0; i < 3; ++i) {
    host.Ticks(1);
    host.Yield();
  }
  EXPECT_EQ(LevelOf(gamer), 2);
}

TEST_F(MlfqTest, Wake_HigherLevel_PreemptsAndTheOtherGoesOnFirst) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  FakeTask* const c = host_.Spawn("C");
  host_.Dispatch();
  while (host_.current() != c) host_.Ticks(1);
  host_.BlockCurrent();  // C stays at the top.
  while (LevelOf(a) != 3 || host_.current() != a) host_.Ticks(1);
  host_.TakeHistory();
  host_.At(host_.Jiffies() + 3, [&] { host_.Wake(*c); });
  host_.Ticks(3 + 7 + 5 + 8 + 1);
  // C sinks to their level; A uses the rest of its 8 before B.
  EXPECT_EQ(host_.TakeHistory(), "A3 C7 A5 B8 C1");
}

TEST_F(MlfqTest, Wake_SameLevel_Waits) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), a);
  EXPECT_FALSE(host_.scheduler().WakeupPreempts(*a, *b));
}

// Short jobs, one after the other, keep a long one from the CPU until a boost.
uint64_t TicksOfLongJobAmongShortOnes(int64_t boost_ticks) {
  FakeHost host(std::make_unique<Mlfq>(Options(boost_ticks)));
  FakeTask* const hog = host.Spawn("hog");
  host.Dispatch();
  host.Ticks(10);
  const uint64_t before = hog->ticks;
  host.Spawn("short");
  for (int i = 0; i < 1000; ++i) {
    host.Ticks(1);
    if (host.current() == hog || host.current()->ticks == 0) continue;
    host.Spawn("short");
    host.ExitCurrent();
  }
  return hog->ticks - before;
}

TEST_F(MlfqTest, ShortJobs_WithoutBoost_StarveTheLongOne) {
  EXPECT_LE(TicksOfLongJobAmongShortOnes(0), 1u);
}

TEST_F(MlfqTest, ShortJobs_WithBoost_DoNotStarveTheLongOne) {
  EXPECT_GE(TicksOfLongJobAmongShortOnes(100), 9u);
}

TEST_F(MlfqTest, Boost_SleepingTask_ComesBackAtTheTop) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(8);
  host_.BlockCurrent();
  ASSERT_EQ(LevelOf(a), 3);
  host_.Spawn("B");
  host_.Ticks(100);
  host_.Wake(*a);
  EXPECT_EQ(LevelOf(a), 0);
}

TEST_F(MlfqTest, Boost_AfterALongPause_HappensOnceOnTheGrid) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(8);
  host_.BlockCurrent();
  host_.Ticks(342);  // Idle over three boosts.
  host_.Wake(*a);
  host_.Dispatch();
  EXPECT_EQ(LevelOf(a), 0);
  host_.Ticks(8);
  EXPECT_EQ(LevelOf(a), 3);
  host_.Ticks(41);  // Jiffy 399.
  EXPECT_EQ(LevelOf(a), 3);
  host_.Ticks(1);
  EXPECT_EQ(LevelOf(a), 0);
}

TEST_F(MlfqTest, Yield_GoesBehindItsLevel) {
  for (const char* name : {"A", "B"}) host_.Spawn(name);
  host_.Dispatch();
  for (const char* name : {"A", "B", "A", "B"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.Yield();
  }
}

}  // namespace
}  // namespace jiffy::sched
