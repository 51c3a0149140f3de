// The real-time classes of policies that also have ordinary tasks. Sequences
// calculated by hand.
#include <cstdint>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sched/registry.h"
#include "tests/sched/fake_host.h"
#include "tests/sched/policies.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

constexpr TaskParams Fifo(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kFifo};
}
constexpr TaskParams RoundRobin(int priority) {
  return {.priority = priority, .sched_class = SchedClass::kRoundRobin};
}

class RealTimeClassesTest : public testing::TestWithParam<const char*> {
 protected:
  void Change(FakeTask* task, const TaskParams& params) {
    task->params = params;
    host_.scheduler().ParamsChanged(*task);
  }

  FakeHost host_{*MakePolicy(GetParam(), {}), kMs};
};

// Policies that get the classes through WithRealTime.
class WithRealTimeTest : public RealTimeClassesTest {};

TEST_P(RealTimeClassesTest, Fifo_WhileItRuns_StarvesFairTasks) {
  host_.Spawn("A", {.nice = -20});
  host_.Spawn("F", Fifo(1));
  host_.Spawn("G", Fifo(1));
  host_.Dispatch();
  host_.Ticks(10'000);
  EXPECT_EQ(host_.TakeHistory(), "F10000");
}

TEST_P(RealTimeClassesTest, RoundRobin_SamePriority_TakesTurnsOf100Ms) {
  host_.Spawn("A", RoundRobin(5));
  host_.Spawn("B", RoundRobin(5));
  host_.Spawn("C", RoundRobin(4));
  host_.Spawn("D");
  host_.Dispatch();
  host_.Ticks(400);
  EXPECT_EQ(host_.TakeHistory(), "A100 B100 A100 B100");
}

TEST_P(RealTimeClassesTest, Wakeup_PreemptsFairTasksAndLessPriority) {
  FakeTask* const high = host_.Spawn("high", Fifo(11));
  FakeTask* const low = host_.Spawn("low", Fifo(10));
  host_.Spawn("fair", {.nice = -20});
  host_.Dispatch();
  ASSERT_EQ(host_.current(), high);
  host_.At(6, [&] { host_.Wake(*high); });
  host_.BlockCurrent();
  ASSERT_EQ(host_.current(), low);
  host_.At(3, [&] { host_.Wake(*low); });
  host_.BlockCurrent();
  host_.Ticks(8);
  EXPECT_EQ(host_.TakeHistory(), "fair3 low3 high2");
}

// The one that was preempted is first again.
TEST_P(RealTimeClassesTest, Preempted_KeepsItsPlace) {
  FakeTask* const high = host_.Spawn("high", Fifo(9));
  host_.Spawn("A", Fifo(5));
  host_.Spawn("B", Fifo(5));
  host_.Dispatch();
  host_.At(2, [&] { host_.Wake(*high); });
  host_.BlockCurrent();
  host_.Ticks(3);
  host_.ExitCurrent();
  host_.Ticks(2);
  EXPECT_EQ(host_.TakeHistory(), "A2 high1 A2");
}

TEST_P(RealTimeClassesTest, Yield_GoesBehindItsEqualsOnly) {
  host_.Spawn("A", Fifo(5));
  host_.Spawn("B", Fifo(5));
  host_.Spawn("C", Fifo(4));
  host_.Spawn("D");
  host_.Dispatch();
  for (const char* name : {"A", "B", "A", "B"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.Yield();
  }
}

TEST_P(RealTimeClassesTest, PriorityOutOfRange_IsRefused) {
  for (const int priority : {-1, 100}) {
    EXPECT_EQ(host_.Spawn("A", Fifo(priority)), nullptr) << priority;
    EXPECT_EQ(
        host_.refusal(),
        "the priority of a real-time task is 1 to 99 (0: the default, 10)");
  }
}

// For a task that waits, that runs, and that sleeps.
TEST_P(WithRealTimeTest, ParamsChanged_ToRealTimeAndBack_ActsAtTheNextTick) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  FakeTask* const runs = host_.current();
  FakeTask* const waits = runs == a ? b : a;
  Change(waits, Fifo(3));
  host_.Ticks(20);
  EXPECT_EQ(host_.TakeHistory(), runs->name + "1 " + waits->name + "19");
  Change(waits, {});
  host_.Ticks(1);
  host_.TakeHistory();
  host_.Ticks(100);
  EXPECT_NEAR(static_cast<double>(a->ticks), static_cast<double>(b->ticks), 30);

  FakeTask* const current = host_.current();
  Change(current, RoundRobin(3));
  host_.TakeHistory();
  host_.Ticks(50);
  EXPECT_EQ(host_.TakeHistory(), current->name + "50");
  host_.BlockCurrent();
  Change(current, {.nice = 19});
  host_.Ticks(5);
  Change(current, Fifo(1));
  host_.Wake(*current);
  host_.Ticks(1);
  EXPECT_EQ(host_.current(), current);
}

TEST_P(RealTimeClassesTest, ParamsChanged_Priority_MovesBetweenLevels) {
  FakeTask* const a = host_.Spawn("A", Fifo(5));
  FakeTask* const b = host_.Spawn("B", Fifo(4));
  host_.Dispatch();
  Change(b, Fifo(6));
  host_.Ticks(3);
  Change(b, Fifo(1));
  host_.Ticks(2);
  EXPECT_EQ(host_.TakeHistory(), "A1 B3 A1");
  EXPECT_EQ(host_.current(), a);
}

TEST_P(WithRealTimeTest, HasClass_AllButDeadline) {
  for (const SchedClass sched_class :
       {SchedClass::kNormal, SchedClass::kFifo, SchedClass::kRoundRobin,
        SchedClass::kBatch, SchedClass::kIdle}) {
    EXPECT_TRUE(host_.scheduler().HasClass(sched_class));
  }
  EXPECT_FALSE(host_.scheduler().HasClass(SchedClass::kDeadline));
}

INSTANTIATE_TEST_SUITE_P(Policies, RealTimeClassesTest,
                         testing::Values("cfs", "eevdf", "linux-o1"),
                         [](const auto& info) { return TestName(info.param); });
INSTANTIATE_TEST_SUITE_P(Policies, WithRealTimeTest,
                         testing::Values("cfs", "eevdf"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jiffy::sched
