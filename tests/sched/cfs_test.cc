#include "sched/cfs.h"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "sched/linux_params.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

// One CPU, ticks of 1 ms.
class CfsTest : public testing::Test {
 protected:
  static Cfs::Task& TaskOf(FakeTask* task) { return task->Data<Cfs::Task>(); }
  Cfs& policy() { return static_cast<Cfs&>(host_.scheduler()); }

  FakeHost host_{std::make_unique<Cfs>(Cfs::DefaultOptions(1)), kMs};
};

TEST_F(CfsTest, DefaultOptions_ByCpus_ScaleWithTheLogarithm) {
  const struct {
    int cpus;
    int64_t factor;
  } kCases[] = {{1, 1}, {2, 2}, {4, 3}, {8, 4}, {100, 4}};
  for (const auto& [cpus, factor] : kCases) {
    const Cfs::Options options = Cfs::DefaultOptions(cpus);
    EXPECT_EQ(options.sched_latency_ns, 6 * kMs * factor);
    EXPECT_EQ(options.min_granularity_ns, 750'000 * factor);
    EXPECT_EQ(options.wakeup_granularity_ns, 1 * kMs * factor);
  }
}

// The first starts one slice of 6 ms behind, the second one of two tasks, 3 ms,
// the third one of three.
TEST_F(CfsTest, Spawn_BeforeTheStart_StartsASliceBehind) {
  EXPECT_EQ(TaskOf(host_.Spawn("A")).vruntime, 6 * kMs);
  EXPECT_EQ(TaskOf(host_.Spawn("B")).vruntime, 3 * kMs);
  EXPECT_EQ(TaskOf(host_.Spawn("C")).vruntime, 2 * kMs);
}

TEST_F(CfsTest, Spawn_ByARunningTask_StartsNoEarlierThanItsParent) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const parent = host_.Spawn("parent");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), parent);
  host_.PreemptDisable();
  host_.Ticks(10);
  // By its slice alone, it would be next to A.
  FakeTask* const child = host_.Spawn("child", {.nice = -20});
  EXPECT_EQ(TaskOf(a).vruntime, 6 * kMs);
  EXPECT_EQ(TaskOf(child).vruntime, 13 * kMs);
  EXPECT_EQ(TaskOf(parent).vruntime, 13 * kMs);
  host_.PreemptEnable();
}

// B from 3 to 7, A from 6 to 10, B from 7 ...: each runs until it has had more
// than its slice of 3 ms.
TEST_F(CfsTest, EqualTasks_TakeTurnsOfASliceInTicks) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(20);
  EXPECT_EQ(host_.TakeHistory(), "B4 A4 B4 A4 B4");
}

// Ten tasks: a period of 7.5 ms, slices of 0.75 ms, one tick each.
TEST_F(CfsTest, ManyTasks_PeriodGrows_EachRunsATick) {
  for (int i = 0; i < 10; ++i) host_.Spawn(std::to_string(i));
  host_.Dispatch();
  host_.Ticks(1000);
  for (const auto& task : host_.tasks()) {
    EXPECT_NEAR(static_cast<double>(task->ticks), 100, 6) << task->name;
  }
  EXPECT_EQ(host_.TakeHistory().find("10 "), std::string::npos);
}

// Both read the tick before their slices' ends: 4.5 and 1.5 ms.
TEST_F(CfsTest, Nice0And5_Share1024To335Within1Percent) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.nice = 5});
  host_.Dispatch();
  host_.Ticks(100'000);
  EXPECT_NEAR(static_cast<double>(a->ticks) / static_cast<double>(b->ticks),
              1024.0 / 335, 1024.0 / 335 / 100);
}

TEST_F(CfsTest, AnyNicePair_SharesByWeight) {
  for (const int nice : {-20, -10, -1, 1, 10}) {
    FakeHost host(std::make_unique<Cfs>(Cfs::DefaultOptions(1)), kMs);
    FakeTask* const a = host.Spawn("A", {.nice = nice});
    FakeTask* const b = host.Spawn("B");
    host.Dispatch();
    host.Ticks(200'000);
    const double expected = static_cast<double>(WeightOfNice(nice)) / 1024;
    EXPECT_NEAR(static_cast<double>(a->ticks) / static_cast<double>(b->ticks),
                expected, expected / 50)
        << nice;
  }
}

TEST_F(CfsTest, Nice19AgainstNice_20_DoesNotStarve) {
  FakeTask* const a = host_.Spawn("A", {.nice = -20});
  FakeTask* const b = host_.Spawn("B", {.nice = 19});
  host_.Dispatch();
  host_.Ticks(100'000);
  EXPECT_GT(b->ticks, 10u);  // 88761:15, so 17 are its due.
  EXPECT_LT(b->ticks, 30u);
  EXPECT_GT(a->ticks, 99'900u);
}

// A long sleeper comes back 3 ms before min_vruntime, and preempts.
TEST_F(CfsTest, Wake_AfterALongSleep_IsPlacedHalfAPeriodBeforeTheOthers) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), b);
  host_.BlockCurrent();
  host_.At(100, [&] { host_.Wake(*b); });
  host_.Ticks(100);
  EXPECT_EQ(TaskOf(a).vruntime, 106 * kMs);
  EXPECT_EQ(TaskOf(b).vruntime, 103 * kMs);
  EXPECT_EQ(host_.current(), b);
}

TEST_F(CfsTest, Wake_AfterAShortSleep_KeepsItsOwnVruntime) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(3);
  ASSERT_EQ(host_.current(), b);
  host_.BlockCurrent();
  host_.At(4, [&] { host_.Wake(*b); });
  host_.Ticks(1);
  EXPECT_EQ(TaskOf(a).vruntime, 7 * kMs);
  EXPECT_EQ(TaskOf(b).vruntime, 6 * kMs);
  // 1 ms behind is not more than the granularity.
  EXPECT_EQ(host_.current(), a);
}

// The granularity is in the woken task's time: 1 ms * 1024 / 15 of nice 19.
TEST_F(CfsTest, Wake_LightTask_DoesNotPreempt) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  FakeTask* const c = host_.Spawn("C", {.nice = 19});
  host_.Dispatch();
  while (host_.current() != nullptr) host_.BlockCurrent();
  host_.Wake(*a);
  host_.Dispatch();
  host_.Ticks(1000);
  host_.Wake(*b);
  EXPECT_TRUE(policy().WakeupPreempts(*a, *b));
  // Although it is as far behind.
  host_.Wake(*c);
  EXPECT_EQ(TaskOf(c).vruntime, TaskOf(b).vruntime);
  EXPECT_FALSE(policy().WakeupPreempts(*a, *c));
}

TEST_F(CfsTest, Yield_SmallestVruntime_LetsTheNextRunIfItLeadsByLittle) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  ASSERT_EQ(host_.current(), b);  // 3 ms against 6 ms of A.
  host_.Yield();
  EXPECT_EQ(host_.current(), b);
  host_.Ticks(2);  // 5 ms.
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "A");
}

// A task that woke 3 ms behind is not due at the next tick yet: within
// min_granularity none is. Then the lead of 3 ms is not more than the slice.
TEST_F(CfsTest, Tick_LeadMoreThanASlice_Preempts) {
  FakeHost host(
      std::make_unique<Cfs>(Cfs::Options{.sched_latency_ns = 6 * kMs,
                                         .min_granularity_ns = 2 * kMs,
                                         .wakeup_granularity_ns = 1000 * kMs}),
      kMs);
  FakeTask* const a = host.Spawn("A");
  FakeTask* const b = host.Spawn("B");
  host.Dispatch();
  ASSERT_EQ(host.current(), b);
  host.BlockCurrent();  // With 3 ms; A has 6.
  host.Ticks(10);       // 16.
  b->Data<Cfs::Task>().vruntime = 100 * kMs;
  host.Yield();  // A begins a new slice.
  host.At(11, [&] {
    b->Data<Cfs::Task>().vruntime = 0;
    host.Wake(*b);  // 17 - 3 = 14.
  });
  host.Ticks(1);
  EXPECT_EQ(b->Data<Cfs::Task>().vruntime, 14 * kMs);
  EXPECT_EQ(host.current(), a);
  // Tick 12: A has run 2 ms of its slice of 3, and leads by 4 ms.
  host.Ticks(1);
  EXPECT_EQ(host.current(), b);
}

TEST_F(CfsTest, EqualVruntimes_RunInOrderOfArrival) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  FakeTask* const c = host_.Spawn("C");
  host_.Dispatch();
  for (int i = 0; i < 3; ++i) host_.BlockCurrent();
  for (FakeTask* const task : {b, a, c}) {
    TaskOf(task).vruntime = 50 * kMs;
    host_.Wake(*task);
  }
  host_.Dispatch();
  EXPECT_EQ(host_.current(), b);
  host_.BlockCurrent();
  EXPECT_EQ(host_.current(), a);
  host_.BlockCurrent();
  EXPECT_EQ(host_.current(), c);
}

TEST_F(CfsTest, ParamsChanged_WhileRunning_ChangesTheShareFromThenOn) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1000);
  for (FakeTask* const task : {a, b}) {
    EXPECT_NEAR(static_cast<double>(task->ticks), 500, 4);
    task->ticks = 0;
  }
  b->params.nice = 5;
  policy().ParamsChanged(*b);
  host_.Ticks(10'000);
  EXPECT_NEAR(static_cast<double>(a->ticks) / static_cast<double>(b->ticks),
              1024.0 / 335, 0.1);
}

// Whatever tasks and weights there were before: a single task's slice is the
// whole period.
TEST_F(CfsTest, ParamsChanged_ThenAllExit_LeaveNothingBehind) {
  for (int i = 0; i < 10; ++i) host_.Spawn(std::to_string(i));
  host_.Dispatch();
  for (const auto& task : host_.tasks()) {
    task->params.nice = -7;
    policy().ParamsChanged(*task);
  }
  while (host_.current() != nullptr) host_.ExitCurrent();
  FakeTask* const last = host_.Spawn("last");
  EXPECT_EQ(TaskOf(last).vruntime, policy().min_vruntime() + 6 * kMs);
}

TEST_F(CfsTest, MinVruntime_AnyEvents_NeverGoesBackAndFollowsTheSmallest) {
  const char* const given = std::getenv("JIFFY_SEED");
  const unsigned seed = given == nullptr ? 1 : std::atoi(given);
  std::cout << "JIFFY_SEED=" << seed << '\n';
  std::mt19937 random(seed);
  for (int i = 0; i < 8; ++i) {
    host_.Spawn(std::to_string(i),
                {.nice = static_cast<int>(random() % 11) - 5});
  }
  host_.Dispatch();
  int64_t before = policy().min_vruntime();
  for (int step = 0; step < 20'000; ++step) {
    FakeTask* const task = host_.tasks()[random() % 8].get();
    switch (random() % 6) {
      case 0:
        if (host_.current() != nullptr) host_.BlockCurrent();
        break;
      case 1:
      case 2:
        host_.Wake(*task);
        break;
      case 3:
        if (host_.current() != nullptr) host_.Yield();
        break;
      default:
        host_.Ticks(static_cast<int>(random() % 4));
    }
    if (host_.current() == nullptr) host_.Dispatch();
    const int64_t now = policy().min_vruntime();
    ASSERT_GE(now, before) << "JIFFY_SEED=" << seed << ", step " << step;
    before = now;
    // Each runnable task is near it: a wake-up puts no task further back than
    // half a period, and no task runs ahead for long.
    for (const auto& other : host_.tasks()) {
      if (!TaskOf(other.get()).on_rq) continue;
      ASSERT_GE(TaskOf(other.get()).vruntime, now - 3 * kMs);
      ASSERT_LE(TaskOf(other.get()).vruntime, now + 60 * kMs);
    }
  }
}

}  // namespace
}  // namespace jiffy::sched
