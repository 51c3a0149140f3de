// Sequences calculated by hand from the rules of Linux 0.01's schedule().
#include "sched/linux001.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

class Linux001Test : public testing::Test {
 protected:
  static const Linux001::Task& TaskOf(const FakeTask* task) {
    return task->Data<Linux001::Task>();
  }
  const Linux001& policy() {
    return static_cast<const Linux001&>(host_.scheduler());
  }

  FakeHost host_{std::make_unique<Linux001>()};
};

TEST_F(Linux001Test, PreferredTick_Is100Hz) {
  EXPECT_EQ(policy().PreferredTickNs(), 10'000'000);
}

TEST_F(Linux001Test, EqualCounters_HighestSlotRuns) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(90);
  EXPECT_EQ(host_.TakeHistory(), "C15 B15 A15 C15 B15 A15");
}

TEST_F(Linux001Test, LargestCounter_BeatsTheSlot) {
  host_.Spawn("A", {.priority = 16});
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(31);
  EXPECT_EQ(host_.TakeHistory(), "A16 B15");
}

TEST_F(Linux001Test, Priorities30And15_GetTicksTwoToOne) {
  FakeTask* const a = host_.Spawn("A", {.priority = 30});
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(90);
  EXPECT_EQ(host_.TakeHistory(), "A30 B15 A30 B15");
  host_.Ticks(90);
  EXPECT_EQ(a->ticks, 2 * b->ticks);
}

// 50 of 99 does not mean 50 ticks, whatever happens to the task.
TEST_F(Linux001Test, RealTimePriority_IsNoNumberOfTicks) {
  FakeTask* const task =
      host_.Spawn("A", {.priority = 50, .sched_class = SchedClass::kFifo});
  EXPECT_EQ(TaskOf(task).counter, 15);
  EXPECT_EQ(TaskOf(task).priority, 15);
  EXPECT_EQ(Linux001::PriorityOf(task->params), 15);
  task->params = {.nice = 5, .sched_class = SchedClass::kRoundRobin};
  host_.scheduler().ParamsChanged(*task);
  EXPECT_EQ(TaskOf(task).priority, 10);
  task->params = {.priority = 40};
  host_.scheduler().ParamsChanged(*task);
  EXPECT_EQ(TaskOf(task).priority, 40);
  task->params = {.priority = 40, .sched_class = SchedClass::kRoundRobin};
  host_.scheduler().ParamsChanged(*task);
  EXPECT_EQ(TaskOf(task).priority, 15);
}

// counter = counter / 2 + priority, repeated for a task that sleeps.
struct Credit {
  int priority;
  std::vector<int64_t> counters;
};

class Linux001CreditTest : public Linux001Test,
                           public testing::WithParamInterface<Credit> {};

TEST_P(Linux001CreditTest, Recharge_Sleeper_ConvergesToTwicePriorityLessOne) {
  host_.Spawn("runner");
  FakeTask* const sleeper =
      host_.Spawn("sleeper", {.priority = GetParam().priority});
  host_.Dispatch();
  while (host_.current() != sleeper) host_.Ticks(1);
  host_.BlockCurrent();
  for (int64_t counter : GetParam().counters) {
    EXPECT_EQ(TaskOf(sleeper).counter, counter);
    const int64_t left = TaskOf(host_.current()).counter;
    host_.Ticks(static_cast<int>(left));
    ASSERT_EQ(host_.current_name(), "runner");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Priorities, Linux001CreditTest,
    testing::Values(Credit{15, {15, 22, 26, 28, 29, 29, 29}},
                    Credit{30, {30, 45, 52, 56, 58, 59, 59}},
                    // These two start second, so that when they go to sleep,
                    // the first recharge follows: 2 / 2 + 2 and 1 / 2 + 1.
                    Credit{2, {3, 3, 3}}, Credit{1, {1, 1, 1}}),
    [](const auto& info) { return std::to_string(info.param.priority); });

TEST_F(Linux001Test, Wake_WithMoreCredit_NeverPreempts) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.BlockCurrent();
  host_.At(47, [&] { host_.Wake(*b); });
  host_.Ticks(60 + 28 + 15 + 15 + 1);
  // B has 22, 26, 28 at the recharges at 15, 30, 45; it wakes at 47 and waits
  // for the end of A's slice at 60. There is no recharge then, since B has 28
  // ticks. Afterwards both are at 0, then both have 15, and B's slot is higher.
  EXPECT_EQ(host_.TakeHistory(), "A60 B43 A15 B1");
}

TEST_F(Linux001Test, Wake_WhileIdle_RunsAtOnce) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.BlockCurrent();
  host_.At(7, [&] { host_.Wake(*a); });
  host_.Ticks(10);
  EXPECT_EQ(host_.TakeHistory(), "-7 A3");
}

TEST_F(Linux001Test, Idle_AnyTime_RechargesNobody) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(5);
  host_.BlockCurrent();
  host_.Ticks(100);
  EXPECT_EQ(TaskOf(a).counter, 10);
}

TEST_F(Linux001Test, Idle_Ticks_CountSlotZeroDownToZero) {
  EXPECT_EQ(policy().idle_counter(), 15);
  host_.Ticks(5);
  EXPECT_EQ(policy().idle_counter(), 10);
  host_.Ticks(100);
  EXPECT_EQ(policy().idle_counter(), 0);
}

TEST_F(Linux001Test, Recharge_SlotZero_IsLeftAlone) {
  host_.Ticks(5);
  host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(100);
  EXPECT_EQ(policy().idle_counter(), 10);
}

TEST_F(Linux001Test, Tick_InKernelMode_ActsOnTheWayOutAndClampsToZero) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.PreemptDisable();
  host_.Ticks(20);
  EXPECT_EQ(host_.current_name(), "B");
  host_.PreemptEnable();
  EXPECT_EQ(host_.current_name(), "A");
  EXPECT_EQ(TaskOf(b).counter, 0);
}

TEST_F(Linux001Test, Yield_LargestCounter_PicksItselfAgain) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "B");  // 15 and 15: the higher slot.
  host_.Ticks(1);
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "A");  // 15 against 14.
  host_.Ticks(1);
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "B");  // 14 and 14.
}

TEST_F(Linux001Test, Spawn_WhileRunning_LeavesTheParentAloneAndDoesNotPreempt) {
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  host_.Ticks(4);
  FakeTask* const child = host_.Spawn("child", {.priority = 40});
  EXPECT_EQ(TaskOf(parent).counter, 11);
  EXPECT_EQ(TaskOf(child).counter, 40);
  host_.Ticks(12);
  EXPECT_EQ(host_.TakeHistory(), "parent15 child1");
}

TEST_F(Linux001Test, Spawn_64thTask_IsRefused) {
  for (int i = 1; i <= 63; ++i) {
    FakeTask* const task = host_.Spawn(std::to_string(i));
    ASSERT_NE(task, nullptr);
    EXPECT_EQ(TaskOf(task).slot, i);
  }
  EXPECT_EQ(host_.Spawn("64"), nullptr);
  EXPECT_EQ(host_.refusal(),
            "all 63 task slots are taken (Linux 0.01 has 64, slot 0 is the "
            "idle task)");
  host_.Dispatch();
  EXPECT_EQ(host_.current_name(), "63");
  host_.ExitCurrent();
  EXPECT_NE(host_.Spawn("64"), nullptr);
}

TEST_F(Linux001Test, Spawn_AfterExits_TakesTheLowestFreeSlot) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.ExitCurrent();  // C, slot 3.
  host_.ExitCurrent();  // B, slot 2.
  EXPECT_EQ(TaskOf(host_.Spawn("D")).slot, 2);
  EXPECT_EQ(TaskOf(host_.Spawn("E")).slot, 3);
  host_.Ticks(45);
  EXPECT_EQ(host_.TakeHistory(), "A15 E15 D15");
}

TEST_F(Linux001Test, Migrate_QueuedTask_FreesItsSlot) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Migrate(*a);
  EXPECT_FALSE(policy().Holds(a));
  EXPECT_EQ(TaskOf(host_.Spawn("C")).slot, 1);
}

TEST_F(Linux001Test, Holds_TasksThatAreAttached_Only) {
  FakeTask* const a = host_.Spawn("A");
  EXPECT_TRUE(policy().Holds(a));
  EXPECT_FALSE(policy().Holds(nullptr));
  host_.Dispatch();
  host_.ExitCurrent();
  EXPECT_FALSE(policy().Holds(a));
}

TEST_F(Linux001Test, WakeSleeper_TaskThatTheHostPutToSleep_IsLeftAlone) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  host_.BlockCurrent();
  EXPECT_EQ(TaskOf(a).state, Linux001::kUninterruptible);
  static_cast<Linux001&>(host_.scheduler()).WakeSleeper(*a);
  EXPECT_EQ(a->state, FakeTask::State::kBlocked);
}

TEST_F(Linux001Test, NextIdleEvent_NoAlarm_IsNever) {
  host_.Spawn("A");
  host_.Dispatch();
  host_.BlockCurrent();
  EXPECT_EQ(policy().NextIdleEvent(), Scheduler::kNever);
}

// One call of nice() on the default priority 15, by its own rule.
struct NiceCase {
  TaskParams params;
  int64_t priority;
};

class Linux001ParamsTest : public Linux001Test,
                           public testing::WithParamInterface<NiceCase> {};

TEST_P(Linux001ParamsTest, Spawn_Params_GivePriorityAndCounter) {
  const FakeTask* const task = host_.Spawn("A", GetParam().params);
  EXPECT_EQ(TaskOf(task).priority, GetParam().priority);
  EXPECT_EQ(TaskOf(task).counter, GetParam().priority);
}

TEST_P(Linux001ParamsTest, ParamsChanged_WhileAlive_LeavesTheCounterAlone) {
  FakeTask* const task = host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(5);
  task->params = GetParam().params;
  host_.scheduler().ParamsChanged(*task);
  EXPECT_EQ(TaskOf(task).priority, GetParam().priority);
  EXPECT_EQ(TaskOf(task).counter, 10);
}

INSTANTIATE_TEST_SUITE_P(
    Params, Linux001ParamsTest,
    testing::Values(NiceCase{{}, 15}, NiceCase{{.nice = 5}, 10},
                    NiceCase{{.nice = 14}, 1},
                    NiceCase{{.nice = 15}, 15},  // 0 is not > 0: no change.
                    NiceCase{{.nice = 19}, 15}, NiceCase{{.nice = -20}, 35},
                    NiceCase{{.priority = 1}, 1},
                    NiceCase{{.priority = 100}, 100},
                    NiceCase{{.nice = 5, .priority = 30}, 30}));

TEST_F(Linux001Test, Spawn_NegativePriority_IsRefused) {
  EXPECT_EQ(host_.Spawn("A", {.priority = -1}), nullptr);
  EXPECT_EQ(host_.refusal(),
            "a priority of Linux 0.01 is a number of ticks, so it is positive");
}

TEST_F(Linux001Test, ParamsChanged_NegativePriority_ChangesNothing) {
  FakeTask* const task = host_.Spawn("A", {.priority = 20});
  task->params.priority = -1;
  host_.scheduler().ParamsChanged(*task);
  EXPECT_EQ(TaskOf(task).priority, 20);
}

TEST_F(Linux001Test, ParamsChanged_OfSomethingElse_KeepsWhatNiceMade) {
  FakeTask* const task = host_.Spawn("A", {.nice = 5});
  static_cast<Linux001&>(host_.scheduler()).Nice(*task, 3);
  task->params.slice_ns = 1;
  host_.scheduler().ParamsChanged(*task);
  EXPECT_EQ(TaskOf(task).priority, 7);
}

}  // namespace
}  // namespace jiffy::sched
