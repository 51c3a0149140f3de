// Sequences calculated by hand from the rules of Linux 2.4's schedule().
#include "sched/linux24.h"

#include <cstdint>
#include <memory>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr TaskParams Fifo(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kFifo};
}
constexpr TaskParams RoundRobin(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kRoundRobin};
}

class Linux24Test : public testing::Test {
 protected:
  static int32_t& CounterOf(FakeTask* task) {
    return task->Data<Linux24::Task>().counter;
  }

  FakeHost host_{std::make_unique<Linux24>()};
};

TEST_F(Linux24Test, PreferredTick_Is100Hz) {
  EXPECT_EQ(host_.scheduler().PreferredTickNs(), 10'000'000);
}

TEST_F(Linux24Test, Slice_ByNice_IsElevenSixOneTicks) {
  EXPECT_EQ(CounterOf(host_.Spawn("A", {.nice = -20})), 11);
  EXPECT_EQ(CounterOf(host_.Spawn("B")), 6);
  EXPECT_EQ(CounterOf(host_.Spawn("C", {.nice = 19})), 1);
}

// TICK_SCALE: about the same time at any tick.
TEST(Linux24SliceTest, Slice_ShorterTicks_TakesMoreOfThem) {
  struct {
    int64_t tick_ns;
    int64_t ticks;
  } constexpr kCases[] = {{10'000'000, 6},
                          {5'000'000, 11},
                          {2'000'000, 21},
                          {1'000'000, 41},
                          {500'000, 81}};
  for (const auto& [tick_ns, ticks] : kCases) {
    FakeHost host(std::make_unique<Linux24>(), tick_ns);
    EXPECT_EQ(host.Spawn("A")->Data<Linux24::Task>().counter, ticks) << tick_ns;
  }
}

// New tasks enter at the head, and ties go to the first in the queue.
TEST_F(Linux24Test, EqualTasks_TheNewestIsFirst) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(36);
  EXPECT_EQ(host_.TakeHistory(), "C6 B6 A6 C6 B6 A6");
}

TEST_F(Linux24Test, Goodness_NormalTask_IsCounterNiceAndTheConstants) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.nice = 5});
  EXPECT_EQ(Linux24::Goodness(*a), 6 + 20 + 1 + 15);
  EXPECT_EQ(Linux24::Goodness(*b), 4 + 15 + 1 + 15);
  host_.Dispatch();
  host_.Ticks(10);  // "A6 B4": at the head or not.
  EXPECT_EQ(host_.TakeHistory(), "A6 B4");
  host_.Ticks(1);
  EXPECT_EQ(host_.TakeHistory(), "A1");
}

TEST_F(Linux24Test, Nice0And19_GetTicksSixToOne) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.nice = 19});
  host_.Dispatch();
  host_.Ticks(700);
  EXPECT_EQ(a->ticks, 600u);
  EXPECT_EQ(b->ticks, 100u);
}

// counter = counter / 2 + slice, over and over: 6, 9, 10, 11, 11.
TEST_F(Linux24Test, Recharge_Sleeper_ConvergesToTwiceTheSliceLessOne) {
  host_.Spawn("runner");
  FakeTask* const sleeper = host_.Spawn("sleeper");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), sleeper);
  host_.BlockCurrent();
  for (const int64_t counter : {6, 9, 10, 11, 11}) {
    EXPECT_EQ(CounterOf(sleeper), counter);
    host_.Ticks(6);
  }
}

TEST_F(Linux24Test, Idle_AnyTime_RechargesNobody) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(2);
  host_.BlockCurrent();
  host_.Ticks(100);
  EXPECT_EQ(CounterOf(a), 4);
}

TEST_F(Linux24Test, Wake_MoreGoodness_Preempts) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.BlockCurrent();
  // B has 9 from the recharge at 6; A has 4 when it wakes.
  host_.At(8, [&] { host_.Wake(*b); });
  host_.Ticks(8 + 9 + 4);
  EXPECT_EQ(host_.TakeHistory(), "A8 B9 A4");
}

TEST_F(Linux24Test, Wake_EqualGoodness_WaitsButIsNextAtTheHead) {
  host_.Spawn("A");
  host_.Spawn("B");
  FakeTask* const c = host_.Spawn("C");
  host_.Dispatch();
  host_.Ticks(1);
  host_.BlockCurrent();                  // C, with 5.
  host_.At(2, [&] { host_.Wake(*c); });  // B, too, has 5.
  host_.Ticks(17);
  EXPECT_EQ(host_.TakeHistory(), "C1 B6 A6 C5");
}

TEST_F(Linux24Test, Yield_OthersHaveTicks_GoesBehindThemOnce) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(1);
  host_.Yield();  // C, with 5 ticks; the queue is B, A, C now.
  EXPECT_EQ(host_.current_name(), "B");
  EXPECT_EQ(Linux24::Goodness(*host_.tasks()[2]), 5 + 20 + 1 + 15);
  host_.Ticks(6 + 6 + 5);
  EXPECT_EQ(host_.TakeHistory(), "C1 B6 A6 C5");
}

TEST_F(Linux24Test, Yield_OthersHaveNone_RechargesAll) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(6);
  ASSERT_EQ(host_.current(), a);
  host_.Ticks(1);
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "B");
  EXPECT_EQ(CounterOf(a), 5 / 2 + 6);
}

TEST_F(Linux24Test, Yield_Alone_ChangesNothing) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(2);
  host_.Yield();
  EXPECT_EQ(host_.current(), a);
  EXPECT_EQ(CounterOf(a), 4);
}

TEST_F(Linux24Test, Fork_ParentOnTheCpu_SharesItsCounter) {
  struct {
    int64_t before;
    int64_t child;
    int64_t parent;
  } constexpr kCases[] = {{6, 3, 3}, {3, 2, 1}, {1, 1, 0}};
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  for (const auto& [before, child, left] : kCases) {
    ASSERT_EQ(CounterOf(parent), before);
    EXPECT_EQ(CounterOf(host_.Spawn("child")), child);
    EXPECT_EQ(CounterOf(parent), left);
  }
  // It has given away its last tick.
  host_.Ticks(2);
  EXPECT_EQ(host_.TakeHistory(), "parent1 child1");
}

TEST_F(Linux24Test, Fork_LastTickGivenAway_NextWakeupPreempts) {
  host_.Spawn("A");
  FakeTask* const sleeper = host_.Spawn("B", {.nice = 19});
  FakeTask* const parent = host_.Spawn("C");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), parent);
  host_.Ticks(5);
  host_.Spawn("child");
  EXPECT_EQ(CounterOf(parent), 0);
  EXPECT_TRUE(host_.scheduler().WakeupPreempts(*parent, *sleeper));
}

TEST_F(Linux24Test, Exit_UnusedTicks_ReturnToTheParent) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const child = host_.Spawn("child");  // 3 ticks each.
  host_.Ticks(3);
  ASSERT_EQ(host_.current(), child);
  host_.Ticks(1);
  host_.ExitCurrent();
  // It had 0 of its own; no recharge happens, since it has 2 now.
  EXPECT_EQ(CounterOf(parent), 2);
  EXPECT_EQ(host_.current(), parent);
}

TEST_F(Linux24Test, Exit_UnusedTicks_GiveTheParentNoMoreThanTwenty) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  FakeTask* const child = host_.Spawn("child");
  CounterOf(parent) = 18;
  CounterOf(child) = 7;
  host_.BlockCurrent();
  ASSERT_EQ(host_.current(), child);
  host_.ExitCurrent();
  EXPECT_EQ(CounterOf(parent), 20);
}

// Children of a task that has exited leave their ticks to no task.
TEST_F(Linux24Test, Exit_ParentGone_ChangesNobodysTicks) {
  FakeTask* const other = host_.Spawn("other");
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), parent);
  FakeTask* const child = host_.Spawn("child");
  host_.ExitCurrent();
  ASSERT_EQ(host_.current(), other);
  host_.Ticks(6);
  ASSERT_EQ(host_.current(), child);
  host_.ExitCurrent();
  EXPECT_EQ(CounterOf(other), 0 + 6);  // Recharged; no more.
}

// ------------------------------------------------------------- real-time

TEST_F(Linux24Test, Fifo_WhileItRuns_StarvesNormalTasks) {
  host_.Spawn("A", {.nice = -20});
  host_.Spawn("F", Fifo(1));
  host_.Dispatch();
  host_.Ticks(1000);
  EXPECT_EQ(host_.TakeHistory(), "F1000");
}

// It continues when its counter is 0, although the other is before it in the
// queue.
TEST_F(Linux24Test, Fifo_EqualThatCameLater_Waits) {
  host_.Spawn("A", Fifo(5));
  host_.Dispatch();
  host_.Spawn("B", Fifo(5));
  host_.Ticks(100);
  EXPECT_EQ(host_.TakeHistory(), "A100");
}

TEST_F(Linux24Test, RoundRobin_SamePriority_TakesTurnsOfASlice) {
  host_.Spawn("A", RoundRobin(5));
  host_.Spawn("B", RoundRobin(5));
  host_.Spawn("C", {.nice = -20});
  host_.Dispatch();
  host_.Ticks(24);
  EXPECT_EQ(host_.TakeHistory(), "B6 A6 B6 A6");
}

TEST_F(Linux24Test, RealTime_HigherPriority_PreemptsOnWaking) {
  host_.Spawn("low", Fifo(10));
  FakeTask* const high = host_.Spawn("high", Fifo(11));
  host_.Dispatch();
  ASSERT_EQ(host_.current(), high);
  host_.BlockCurrent();
  host_.At(3, [&] { host_.Wake(*high); });
  host_.Ticks(5);
  EXPECT_EQ(host_.TakeHistory(), "low3 high2");
}

TEST_F(Linux24Test, RealTime_NoPriority_HasTen) {
  FakeTask* const task =
      host_.Spawn("A", {.sched_class = SchedClass::kRoundRobin});
  EXPECT_EQ(Linux24::Goodness(*task), 1010);
}

TEST_F(Linux24Test, RealTime_PriorityOutOfRange_IsRefused) {
  EXPECT_EQ(host_.Spawn("A", Fifo(100)), nullptr);
  EXPECT_EQ(host_.refusal(),
            "the priority of a real-time task is 1 to 99 (0: the default, 10)");
}

TEST_F(Linux24Test, ParamsChanged_ToRealTime_ActsAtTheNextTick) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.nice = 19});
  host_.Dispatch();
  host_.Ticks(1);
  b->params = Fifo(3);
  host_.scheduler().ParamsChanged(*b);
  host_.Ticks(4);
  EXPECT_EQ(host_.TakeHistory(), "A2 B3");
}

TEST_F(Linux24Test, ParamsChanged_Nice_CountsFromTheNextRecharge) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  a->params.nice = -20;
  host_.scheduler().ParamsChanged(*a);
  EXPECT_EQ(CounterOf(a), 6);
  host_.Ticks(6);
  EXPECT_EQ(CounterOf(a), 11);
}

TEST_F(Linux24Test, Migrate_QueuedTask_LeavesTheOrder) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Spawn("C");
  host_.Dispatch();
  host_.Migrate(*b);
  host_.Ticks(18);
  EXPECT_EQ(host_.TakeHistory(), "C6 A6 C6");
}

}  // namespace
}  // namespace jiffy::sched
