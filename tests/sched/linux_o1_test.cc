// Sequences calculated by hand from the rules of Linux 2.6.12's scheduler.
#include "sched/linux_o1.h"

#include <cstdint>
#include <utility>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"
#include "tests/sched/linux_o1_fixture.h"

namespace jiffy::sched {
namespace {

constexpr TaskParams Fifo(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kFifo};
}

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

// It has not slept, and its slice is over.
TEST_F(LinuxO1Test, RunBeforeItsTurn_StaysExpiredWithoutABonus) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(150);
  const LinuxO1::Task before = TaskOf(a);
  host_.scheduler().Dequeue(*a, DequeueReason::kMigrated);
  host_.Ticks(20);
  host_.scheduler().Enqueue(*a, EnqueueReason::kWoken);
  EXPECT_EQ(TaskOf(a).array, before.array);
  EXPECT_EQ(TaskOf(a).sleep_avg, before.sleep_avg);
  EXPECT_EQ(TaskOf(a).prio, before.prio);
  host_.Ticks(60);
  EXPECT_EQ(host_.TakeHistory(), "A100 B100 A30");
}

TEST_F(LinuxO1Test, Yield_Normal_WaitsForTheExpiredArray) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(10);
  host_.Yield();
  host_.Ticks(300);
  EXPECT_EQ(host_.TakeHistory(), "A10 B100 C100 A90 B10");
}

// In the active array, its better level would make it run again at once.
TEST_F(LinuxO1Test, Yield_BestLevel_LetsTheOthersRun) {
  host_.Spawn("A", {.nice = -5});
  host_.Spawn("B");
  host_.Dispatch();
  ASSERT_EQ(host_.current_name(), "A");
  host_.Yield();
  host_.Ticks(101);
  EXPECT_EQ(host_.TakeHistory(), "B100 A1");
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
  // Its tick 100 asks for a decision because of the expired array.
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

// Families start and end in any order; the sanitizers check the pointers.
TEST_F(LinuxO1Test, Detach_ParentOrSiblings_LeavesNoTrace) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const first = host_.Spawn("1");
  FakeTask* const second = host_.Spawn("2");
  FakeTask* const third = host_.Spawn("3");
  EXPECT_EQ(TaskOf(parent).family.first_child, third);
  host_.Migrate(*second);
  EXPECT_EQ(TaskOf(third).family.next_sibling, first);
  EXPECT_EQ(TaskOf(first).family.prev_sibling, third);
  host_.Migrate(*third);
  EXPECT_EQ(TaskOf(parent).family.first_child, first);
  ASSERT_EQ(host_.current(), parent);
  host_.ExitCurrent();
  EXPECT_EQ(TaskOf(first).family.parent, nullptr);
  host_.ExitCurrent();
}

// ------------------------ real-time: the rest is in with_real_time_test.cc

TEST_F(LinuxO1Test, RealTime_HigherPriority_PreemptsOnWaking) {
  FakeTask* const high = host_.Spawn("high", Fifo(99));
  host_.Spawn("low", Fifo(98));
  host_.Dispatch();
  EXPECT_EQ(TaskOf(high).prio, 0);
  SleepCurrent(3);
  host_.Ticks(5);
  EXPECT_EQ(host_.TakeHistory(), "low3 high2");
}

// ---------------------------------------------------------- ParamsChanged

TEST_F(LinuxO1Test, ParamsChanged_Nice_ActsAtTheNextTick) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(10);
  b->params.nice = -1;
  host_.scheduler().ParamsChanged(*b);
  EXPECT_EQ(TaskOf(b).prio, 119 + 5);
  host_.Ticks(3);
  EXPECT_EQ(host_.TakeHistory(), "A11 B2");
}

// Bonus 10: level 115 at nice 0, 116 at nice 1, whether it runs, waits or
// sleeps.
TEST_F(LinuxO1Test, ParamsChanged_Nice_KeepsTheBonus) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  SleepCurrent(101);
  host_.Ticks(101);
  ASSERT_EQ(host_.current(), a);
  ASSERT_EQ(TaskOf(a).prio, 115);
  a->params.nice = 1;
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).prio, 116);
  host_.BlockCurrent();
  a->params.nice = 19;
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).prio, 134);
  a->params.nice = -20;
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).prio, 100);
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
