// Sequences worked out by hand from the rules of Linux 2.6.12's scheduler.
#include "sched/linux_o1.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

constexpr TaskParams Fifo(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kFifo};
}
constexpr TaskParams RoundRobin(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kRoundRobin};
}

// Ticks of 1 ms.
class LinuxO1Test : public testing::Test {
 protected:
  static LinuxO1::Task& TaskOf(FakeTask* task) {
    return task->Data<LinuxO1::Task>();
  }
  // The current task sleeps for that long; others run, or nobody.
  void SleepCurrent(uint64_t ms) {
    FakeTask* const sleeper = host_.current();
    host_.At(host_.Jiffies() + ms, [this, sleeper] { host_.Wake(*sleeper); });
    host_.BlockCurrent();
  }

  FakeHost host_{std::make_unique<LinuxO1>(/*cpus=*/1), kMs};
};

TEST_F(LinuxO1Test, PreferredTick_Is1000Hz) {
  EXPECT_EQ(host_.scheduler().PreferredTickNs(), kMs);
}

TEST_F(LinuxO1Test, Slice_ByNice_IsFrom800To5Ms) {
  for (const auto& [nice, ms] :
       {std::pair{-20, 800}, {-1, 420}, {0, 100}, {1, 95}, {19, 5}}) {
    EXPECT_EQ(TaskOf(host_.Spawn("A", {.nice = nice})).time_slice, ms) << nice;
  }
}

TEST_F(LinuxO1Test, Priority_NewTask_IsStaticAndFiveWorse) {
  for (const auto& [nice, prio] :
       {std::pair{-20, 105}, {0, 125}, {14, 139}, {19, 139}}) {
    EXPECT_EQ(TaskOf(host_.Spawn("A", {.nice = nice})).prio, prio) << nice;
  }
}

TEST_F(LinuxO1Test, Hogs_OfOneLevel_TakeTurnsInOrder) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(600);
  EXPECT_EQ(host_.TakeHistory(), "A100 B100 C100 A100 B100 C100");
}

// Both run in each round of the two arrays, for their slices.
TEST_F(LinuxO1Test, Hogs_Nice0And5_ShareBySlices) {
  host_.Spawn("B", {.nice = 5});
  host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(350);
  EXPECT_EQ(host_.TakeHistory(), "A100 B75 A100 B75");
}

TEST_F(LinuxO1Test, Yield_Normal_WaitsForTheExpiredArray) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(10);
  host_.Yield();
  host_.Ticks(300);
  EXPECT_EQ(host_.TakeHistory(), "A10 B100 C100 A90 B10");
}

// In the active array, its better level would bring it back at once.
TEST_F(LinuxO1Test, Yield_BestLevel_LetsTheOthersRun) {
  host_.Spawn("A", {.nice = -5});
  host_.Spawn("B");
  host_.Dispatch();
  ASSERT_EQ(host_.current_name(), "A");
  host_.Yield();
  host_.Ticks(101);
  EXPECT_EQ(host_.TakeHistory(), "B100 A1");
}

// ------------------------------------------------------- interactivity

// How many bonuses, from the best down, make a task of that nice value
// interactive: as in the table above TASK_INTERACTIVE in kernel/sched.c, but
// for nice -10, where the table says 7 and the division there, truncating,
// gives 6.
TEST_F(LinuxO1Test, IsInteractive_ByNiceAndBonus_IsAsInTheKernel) {
  for (const auto& [nice, interactive] :
       {std::pair{-20, 9}, {-10, 6}, {0, 4}, {10, 2}, {19, 0}}) {
    for (int bonus = 0; bonus <= 10; ++bonus) {
      LinuxO1::Task task = {};
      task.sleep_avg = bonus * 100 * kMs;
      task.static_prio = static_cast<uint8_t>(120 + nice);
      task.prio = static_cast<uint8_t>(
          std::clamp(task.static_prio - (bonus - 5), 100, 139));
      EXPECT_EQ(LinuxO1::Bonus(task), bonus);
      EXPECT_EQ(LinuxO1::IsInteractive(task), bonus > 10 - interactive)
          << "nice " << nice << ", bonus " << bonus;
    }
  }
}

// With no bonus, a millisecond asleep counts ten.
TEST_F(LinuxO1Test, ShortSleep_RaisesTheBonus) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  SleepCurrent(30);
  host_.Ticks(30);
  EXPECT_EQ(TaskOf(a).sleep_avg, 300 * kMs);
  EXPECT_EQ(TaskOf(a).prio, 120 - (3 - 5));
}

TEST_F(LinuxO1Test, Sleep_AddsUpToOneSecond) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  SleepCurrent(101);
  host_.Ticks(101);
  EXPECT_EQ(TaskOf(a).sleep_avg, 1000 * kMs);
  EXPECT_EQ(TaskOf(a).prio, 115);
}

TEST_F(LinuxO1Test, LongSleep_GivesNineTenths) {
  // Longer than 1000 * (5 + 2 + 1) / 10 - 1 = 799 ms.
  for (const auto& [ms, avg_ms] : {std::pair{799, 1000}, {800, 900}}) {
    FakeHost host(std::make_unique<LinuxO1>(1), kMs);
    FakeTask* const a = host.Spawn("A");
    host.Dispatch();
    host.BlockCurrent();
    host.At(static_cast<uint64_t>(ms), [&] { host.Wake(*a); });
    host.Ticks(ms);
    EXPECT_EQ(TaskOf(a).sleep_avg, avg_ms * kMs) << ms;
  }
}

// A millisecond on the CPU costs one divided by the bonus.
TEST_F(LinuxO1Test, Running_UsesTheBonusUp) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  SleepCurrent(30);
  host_.Ticks(30 + 90);
  host_.Yield();
  EXPECT_EQ(TaskOf(a).sleep_avg, (300 - 90 / 3) * kMs);
}

// The time from the wake-up to the CPU counts as sleep.
TEST_F(LinuxO1Test, WaitAfterWakeup_IsCredited) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("R", Fifo(1));
  host_.Dispatch();
  SleepCurrent(50);  // R
  ASSERT_EQ(host_.current(), a);
  SleepCurrent(60);
  host_.Ticks(50 + 20);  // A slept 60 ms, then waits 10 for R.
  EXPECT_EQ(TaskOf(a).sleep_avg, 600 * kMs);
  host_.BlockCurrent();
  ASSERT_EQ(host_.current(), a);
  EXPECT_EQ(TaskOf(a).sleep_avg, (600 + 10 * 4) * kMs);
}

TEST_F(LinuxO1Test, Wake_BetterPriority_Preempts) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  SleepCurrent(30);
  host_.Ticks(35);
  EXPECT_EQ(host_.current(), a);
  EXPECT_EQ(host_.TakeHistory(), "B30 A5");
}

TEST_F(LinuxO1Test, Wake_EqualPriority_Waits) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  SleepCurrent(5);  // 50 ms: no bonus yet.
  host_.Ticks(20);
  EXPECT_EQ(host_.current(), b);
}

// Two with bonus 9: a turn of 10 ms each. A's bonus falls to 8 after the first,
// and its turns become 20 ms; B's stays, since its wait for A was credited.
TEST_F(LinuxO1Test, Interactive_OfOneLevel_TakeTurnsWithinTheirSlices) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  SleepCurrent(900);
  SleepCurrent(900);
  host_.Ticks(900 + 150);
  EXPECT_EQ(host_.TakeHistory(),
            "-900 A10 B10 A10 B10 A20 B10 A20 B10 A20 B10 A20");
}

TEST(LinuxO1CpusTest, Interactive_TwoCpus_TakeTurnsHalfAsOften) {
  FakeHost host(std::make_unique<LinuxO1>(2), kMs);
  FakeTask* const a = host.Spawn("A");
  FakeTask* const b = host.Spawn("B");
  host.Dispatch();
  host.BlockCurrent();
  host.BlockCurrent();
  host.Ticks(900);
  host.Wake(*a);
  host.Wake(*b);
  host.TakeHistory();
  host.Dispatch();
  host.Ticks(50);
  EXPECT_EQ(host.TakeHistory(), "A20 B20 A10");
}

// It comes with 900 ms and is interactive down to 700: about 10 ms * 9 + 100 ms
// * 8 + 100 ms * 7 on the CPU, and the slice in which that ends.
TEST_F(LinuxO1Test, Interactive_ThatBecomesAHog_KeepsTheCpuForAWhile) {
  host_.Spawn("sleeper");
  FakeTask* const hog = host_.Spawn("hog");
  host_.Dispatch();
  SleepCurrent(1000);
  host_.Ticks(1000);
  hog->ticks = 0;
  int waited = 0;
  for (; hog->ticks == 0 && waited < 5000; ++waited) host_.Ticks(1);
  EXPECT_GE(waited, 1500);
  EXPECT_LE(waited, 1900);
  // From then on it is a hog like the other.
  host_.Ticks(99);
  host_.TakeHistory();
  host_.Ticks(400);
  EXPECT_EQ(host_.TakeHistory(), "sleeper100 hog100 sleeper100 hog100");
}

// S is interactive when its slice ends, but X, of a better static priority, has
// expired: so S expires too, and it is Y's turn.
TEST_F(LinuxO1Test, ExpiredArray_BetterStaticPriority_ExpiresInteractiveToo) {
  host_.Spawn("S");
  FakeTask* const x = host_.Spawn("X", {.nice = -5});
  host_.Spawn("Y");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), x);
  host_.Migrate(*host_.tasks()[0]);
  FakeTask* const s = host_.Spawn("S");  // With no share of anybody's slice.
  TaskOf(s).time_slice = 100;
  TaskOf(x).time_slice = 500;
  TaskOf(x).sleep_avg = 0;
  host_.Ticks(500);  // X
  ASSERT_NE(host_.current(), x);
  while (host_.current() != s) host_.Ticks(1);  // Y
  host_.TakeHistory();
  SleepCurrent(550);
  host_.Ticks(550 + 100 + 100);
  EXPECT_EQ(host_.TakeHistory(), "X500 Y50 S100 Y50 S50");
}

// Three that run 10 ms and sleep 13 by turns leave no gap for a hog, until the
// limit, 1 s for each runnable task, ends that.
TEST_F(LinuxO1Test, ExpiredArray_WaitsForTheLimit_ThenGetsTheCpu) {
  FakeTask* const hog = host_.Spawn("hog");
  for (const char* name : {"I", "J", "K"}) host_.Spawn(name);
  host_.Dispatch();
  std::map<FakeTask*, int> ran;
  for (int ms = 0; ms < 60'000; ++ms) {
    FakeTask* const current = host_.current();
    if (current != hog && ran[current] == 10) {
      ran[current] = 0;
      SleepCurrent(13);
    }
    ++ran[host_.current()];
    host_.Ticks(1);
  }
  EXPECT_GT(hog->longest_wait, 2000u);
  EXPECT_LT(hog->longest_wait, 3500u);
  EXPECT_GT(hog->ticks, 60'000u / 3500 * 50);
}

// -------------------------------------------------------- parent and child

TEST_F(LinuxO1Test, Fork_HalvesTheSliceAndKeeps95PercentOfTheBonus) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  SleepCurrent(1000);
  host_.Ticks(1000 + 1);
  ASSERT_EQ(TaskOf(parent).time_slice, 99);
  TaskOf(parent).sleep_avg = 950 * kMs;
  FakeTask* const child = host_.Spawn("child");
  EXPECT_EQ(TaskOf(child).time_slice, 50);
  EXPECT_EQ(TaskOf(parent).time_slice, 49);
  EXPECT_EQ(TaskOf(child).sleep_avg, 800 * kMs);  // 9 * 95 / 100 tenths.
  EXPECT_EQ(TaskOf(child).prio, 120 - (8 - 5));
  EXPECT_EQ(TaskOf(parent).sleep_avg, 900 * kMs);
}

TEST_F(LinuxO1Test, Fork_Child_RunsAfterItsParent) {
  FakeTask* const parent = host_.Spawn("parent", {.nice = 10});
  host_.Dispatch();
  FakeTask* const child = host_.Spawn("child", {.nice = -10});
  EXPECT_FALSE(host_.scheduler().WakeupPreempts(*parent, *child));
}

TEST_F(LinuxO1Test, Fork_LastTick_EndsTheParentsSlice) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  host_.Ticks(99);
  FakeTask* const child = host_.Spawn("child");
  EXPECT_EQ(TaskOf(child).time_slice, 1);
  EXPECT_EQ(TaskOf(parent).time_slice, 100);
  host_.Ticks(101);
  // Its tick 100 is on the expired array's account: it asks for a decision.
  EXPECT_EQ(host_.TakeHistory(), "parent100 child1 parent99");
}

TEST_F(LinuxO1Test, Exit_InTheFirstSlice_GivesTheRestBack) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const child = host_.Spawn("child");
  host_.Ticks(50);
  ASSERT_EQ(host_.current(), child);
  ASSERT_EQ(TaskOf(parent).time_slice, 100);
  TaskOf(parent).time_slice = 30;
  host_.Ticks(10);
  host_.ExitCurrent();
  EXPECT_EQ(TaskOf(parent).time_slice, 30 + 40);
}

TEST_F(LinuxO1Test, Exit_AfterTheFirstSlice_GivesNothing) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const child = host_.Spawn("child");
  host_.Ticks(50 + 50 + 100 + 10);
  ASSERT_EQ(host_.current(), child);
  const int32_t before = TaskOf(parent).time_slice;
  host_.ExitCurrent();
  EXPECT_EQ(TaskOf(parent).time_slice, before);
}

TEST_F(LinuxO1Test, Exit_LessSleepThanTheParent_LowersTheParentsAverage) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const child = host_.Spawn("child");
  host_.Ticks(50);
  ASSERT_EQ(host_.current(), child);
  TaskOf(parent).sleep_avg = 800 * kMs;
  host_.ExitCurrent();
  EXPECT_EQ(TaskOf(parent).sleep_avg, 600 * kMs);
}

// Families come and go in any order; the sanitizers watch the pointers.
TEST_F(LinuxO1Test, Detach_ParentOrSiblings_LeavesNoTrace) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const first = host_.Spawn("1");
  FakeTask* const second = host_.Spawn("2");
  FakeTask* const third = host_.Spawn("3");
  EXPECT_EQ(TaskOf(parent).first_child, third);
  host_.Migrate(*second);
  EXPECT_EQ(TaskOf(third).next_sibling, first);
  EXPECT_EQ(TaskOf(first).prev_sibling, third);
  host_.Migrate(*third);
  EXPECT_EQ(TaskOf(parent).first_child, first);
  ASSERT_EQ(host_.current(), parent);
  host_.ExitCurrent();
  EXPECT_EQ(TaskOf(first).parent, nullptr);
  host_.ExitCurrent();
}

// ------------------------------------------------------------- real-time

TEST_F(LinuxO1Test, Fifo_WhileItRuns_StarvesNormalTasks) {
  host_.Spawn("A", {.nice = -20});
  host_.Spawn("F", Fifo(1));
  host_.Dispatch();
  host_.Ticks(10'000);
  EXPECT_EQ(host_.TakeHistory(), "F10000");
}

TEST_F(LinuxO1Test, RoundRobin_SamePriority_TakesTurnsOfASlice) {
  host_.Spawn("A", RoundRobin(5));
  host_.Spawn("B", RoundRobin(5));
  host_.Spawn("C", RoundRobin(4));
  host_.Dispatch();
  host_.Ticks(400);
  EXPECT_EQ(host_.TakeHistory(), "A100 B100 A100 B100");
}

TEST_F(LinuxO1Test, RealTime_Yield_GoesBehindItsEqualsOnly) {
  host_.Spawn("A", Fifo(5));
  host_.Spawn("B", Fifo(5));
  host_.Spawn("C", Fifo(4));
  host_.Dispatch();
  for (const char* name : {"A", "B", "A", "B"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.Yield();
  }
}

TEST_F(LinuxO1Test, RealTime_HigherPriority_PreemptsOnWaking) {
  FakeTask* const high = host_.Spawn("high", Fifo(99));
  host_.Spawn("low", Fifo(98));
  host_.Dispatch();
  EXPECT_EQ(TaskOf(high).prio, 0);
  SleepCurrent(3);
  host_.Ticks(5);
  EXPECT_EQ(host_.TakeHistory(), "low3 high2");
}

TEST_F(LinuxO1Test, RealTime_PriorityOutOfRange_IsRefused) {
  EXPECT_EQ(host_.Spawn("A", Fifo(-1)), nullptr);
  EXPECT_EQ(host_.refusal(),
            "the priority of a real-time task is 1 to 99 (0: the default, 10)");
}

// ---------------------------------------------------------- ParamsChanged

TEST_F(LinuxO1Test, ParamsChanged_Nice_SetsThePriorityAndActsAtTheNextTick) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(10);
  b->params.nice = -1;
  host_.scheduler().ParamsChanged(*b);
  EXPECT_EQ(TaskOf(b).prio, 119);  // The bonus counts from its next slice on.
  host_.Ticks(3);
  EXPECT_EQ(host_.TakeHistory(), "A11 B2");
}

TEST_F(LinuxO1Test, ParamsChanged_ToRealTimeAndBack_Moves) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(100);  // A has expired.
  a->params = Fifo(7);
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).prio, 92);
  host_.Ticks(10);
  a->params = {};
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).prio, 120);
  host_.Ticks(2);
  EXPECT_EQ(host_.TakeHistory(), "A100 B1 A11");
}

TEST_F(LinuxO1Test, ParamsChanged_OfSomethingElse_ChangesNothing) {
  FakeTask* const a = host_.Spawn("A");
  a->params.slice_ns = 5 * kMs;
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).prio, 125);
}

}  // namespace
}  // namespace jiffy::sched
