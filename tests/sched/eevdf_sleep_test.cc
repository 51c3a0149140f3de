// EEVDF's sleepers: a task's lag when it wakes up, and which task it preempts.
#include <cstdint>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "sched/eevdf.h"
#include "tests/sched/eevdf_fixture.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

// A arrives with the earlier deadline, since it is heavier, but asks for no
// less time: it waits until B has had what B asked for.
TEST_F(EevdfTest, Wake_EqualSlice_WaitsForTheDeadline) {
  FakeHost host(std::make_unique<Eevdf>(Eevdf::Options{5 * kMs}), kMs);
  FakeTask* const a = host.Spawn("A", {.nice = -10});
  FakeTask* const b = host.Spawn("B");
  host.Dispatch();
  ASSERT_EQ(host.current(), a);
  host.BlockCurrent();
  host.Ticks(3);
  host.Yield();  // Alone: B is chosen again, with a deadline of 3 + 5.
  host.Ticks(1);
  host.Wake(*a);
  EXPECT_LT(TaskOf(a).deadline, TaskOf(b).deadline);
  EXPECT_FALSE(host.scheduler().WakeupPreempts(*b, *a));
  host.Ticks(6);
  EXPECT_EQ(host.TakeHistory(), "B8 A2");
}

TEST_F(EevdfTest, Wake_ShorterSlice_PreemptsIfEligible) {
  FakeHost host(std::make_unique<Eevdf>(Eevdf::Options{5 * kMs}), kMs);
  FakeTask* const a = host.Spawn("A", {.slice_ns = 1 * kMs});
  host.Spawn("B");
  host.Dispatch();
  ASSERT_EQ(host.current(), a);
  host.BlockCurrent();
  host.At(4, [&] { host.Wake(*a); });
  host.Ticks(6);
  EXPECT_EQ(host.TakeHistory(), "B4 A1 B1");
}

// It is owed 0.5 ms, and still is when it returns, although that moves V.
TEST_F(EevdfTest, Sleep_PositiveLag_IsKept) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1);
  ASSERT_EQ(host_.current(), b);
  EXPECT_EQ(LagOf(b), 500 * kUs);
  host_.BlockCurrent();
  EXPECT_FALSE(TaskOf(b).queued);
  EXPECT_EQ(TaskOf(b).vlag, 500 * kUs);
  host_.At(20, [&] { host_.Wake(*b); });
  host_.PreemptDisable();
  host_.Ticks(19);
  EXPECT_EQ(LagOf(b), 500 * kUs);
  EXPECT_EQ(TaskOf(b).vruntime, TaskOf(a).vruntime - 1 * kMs);
  host_.PreemptEnable();
}

TEST_F(EevdfTest, Sleep_UnequalWeights_LagIsKept) {
  for (const int nice : {-20, -5, 5, 19}) {
    FakeHost host(std::make_unique<Eevdf>(Eevdf::DefaultOptions(1)), kMs);
    auto& policy = static_cast<Eevdf&>(host.scheduler());
    host.Spawn("A");
    FakeTask* const b = host.Spawn("B", {.nice = nice});
    host.Dispatch();
    while (host.current() != b) host.Ticks(1);
    host.BlockCurrent();
    TaskOf(b).vlag = 300 * kUs;
    host.Wake(*b);
    // V is rounded twice.
    EXPECT_NEAR(
        static_cast<double>(policy.AverageVruntime() - TaskOf(b).vruntime),
        static_cast<double>(300 * kUs), 2)
        << nice;
  }
}

// A stays queued until V has caught up, since it has had 0.5 ms too much.
TEST_F(EevdfTest, Sleep_NegativeLag_StaysQueuedUntilEligible) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 10 * kMs});
  host_.Dispatch();
  ASSERT_EQ(host_.current(), a);
  host_.PreemptDisable();
  host_.Ticks(2);
  host_.Block();  // With v = 2 against 0 of B.
  host_.PreemptEnable();
  EXPECT_TRUE(TaskOf(a).sched_delayed);
  EXPECT_TRUE(TaskOf(a).queued);
  EXPECT_EQ(host_.current(), b);
  host_.Ticks(4);
  EXPECT_TRUE(TaskOf(a).queued);  // Eligible now, but no decision was made.
  host_.Ticks(2);                 // B's deadline of 5 is over: a decision.
  EXPECT_FALSE(TaskOf(a).sched_delayed);
  EXPECT_FALSE(TaskOf(a).queued);
  EXPECT_EQ(TaskOf(a).vlag, 0);
  EXPECT_EQ(host_.current(), b);
}

TEST_F(EevdfTest, Sleep_WokenWhileInDebt_KeepsTheDebt) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 10 * kMs});
  host_.Dispatch();
  host_.PreemptDisable();
  host_.Ticks(3);
  host_.Block();
  host_.PreemptEnable();
  ASSERT_EQ(host_.current(), b);
  host_.Ticks(1);
  host_.Wake(*a);
  EXPECT_FALSE(TaskOf(a).sched_delayed);
  EXPECT_EQ(TaskOf(a).vruntime, 3 * kMs);
  EXPECT_EQ(LagOf(a), -1 * kMs);
}

TEST_F(EevdfTest, Sleep_WokenWhenOutOfDebt_GainsNothing) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 100 * kMs});
  host_.Dispatch();
  host_.PreemptDisable();
  host_.Ticks(2);
  host_.Block();
  host_.PreemptEnable();
  ASSERT_EQ(host_.current(), b);
  host_.Ticks(10);
  EXPECT_TRUE(TaskOf(a).queued);
  EXPECT_GT(LagOf(a), 1 * kMs);
  host_.Wake(*a);
  EXPECT_EQ(LagOf(a), 0);
}

TEST_F(EevdfTest, Sleep_AllInDebtAndNobodyElse_CpuIdles) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1);
  host_.BlockCurrent();
  ASSERT_EQ(host_.current(), a);
  host_.BlockCurrent();
  EXPECT_EQ(host_.current(), nullptr);
  EXPECT_FALSE(TaskOf(a).queued);
  EXPECT_FALSE(TaskOf(b).queued);
}

TEST_F(EevdfTest, Detach_WhileItSleepsInDebt_LeavesTheQueue) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 10 * kMs});
  host_.Dispatch();
  host_.PreemptDisable();
  host_.Ticks(2);
  host_.Block();
  host_.PreemptEnable();
  ASSERT_TRUE(TaskOf(a).sched_delayed);
  policy().Detach(*a);
  EXPECT_EQ(policy().AverageVruntime(), TaskOf(b).vruntime);
  host_.Ticks(100);
  EXPECT_EQ(host_.current(), b);
}

// The lag that a sleeper keeps is at most max(2 slices, a tick).
TEST_F(EevdfTest, Sleep_LargeLag_IsClamped) {
  for (const auto& [slice_ns, limit_ns] :
       {std::pair<int64_t, int64_t>{700 * kUs, 1400 * kUs},
        {100 * kUs, 1000 * kUs},
        {4 * kMs, 8 * kMs}}) {
    FakeHost host(std::make_unique<Eevdf>(Eevdf::DefaultOptions(1)), kMs);
    FakeTask* const a = host.Spawn("A");
    FakeTask* const b = host.Spawn("B", {.slice_ns = slice_ns});
    host.Dispatch();
    if (host.current() == b) host.Yield();
    ASSERT_EQ(host.current(), a);
    host.PreemptDisable();
    host.Ticks(40);
    host.PreemptEnable();
    ASSERT_EQ(host.current(), b);
    host.BlockCurrent();
    EXPECT_EQ(TaskOf(b).vlag, limit_ns) << slice_ns;
  }
}

// A task that sleeps whenever it has had more than the other gets at most half.
TEST_F(EevdfTest, SleepingOffDebt_AgainstAHog_GainsNothing) {
  FakeTask* const hog = host_.Spawn("hog");
  FakeTask* const cheat = host_.Spawn("cheat");
  host_.Dispatch();
  for (int ms = 0; ms < 20'000; ++ms) {
    if (host_.current() == cheat && cheat->ticks % 3 == 2) {
      host_.At(host_.Jiffies() + 1, [&] { host_.Wake(*cheat); });
      host_.PreemptDisable();
      host_.Ticks(1);
      host_.PreemptEnable();
      if (host_.current() == cheat) host_.BlockCurrent();
    }
    if (host_.current() == nullptr) host_.Dispatch();
    host_.Ticks(1);
    host_.Wake(*cheat);
  }
  EXPECT_LE(cheat->ticks, hog->ticks * 101 / 100);
}

}  // namespace
}  // namespace jiffy::sched
