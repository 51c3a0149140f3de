#include "sched/eevdf.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/sched/eevdf_fixture.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

TEST_F(EevdfTest, DefaultOptions_ByCpus_ScaleWithTheLogarithm) {
  EXPECT_EQ(Eevdf::DefaultOptions(1).base_slice_ns, 700 * kUs);
  EXPECT_EQ(Eevdf::DefaultOptions(2).base_slice_ns, 1400 * kUs);
  EXPECT_EQ(Eevdf::DefaultOptions(4).base_slice_ns, 2100 * kUs);
  EXPECT_EQ(Eevdf::DefaultOptions(16).base_slice_ns, 2800 * kUs);
}

TEST_F(EevdfTest, Spawn_NewTask_HasNoLagAndHalfASlice) {
  const FakeTask* const a = host_.Spawn("A");
  EXPECT_EQ(TaskOf(a).vruntime, 0);
  EXPECT_EQ(TaskOf(a).deadline, 350 * kUs);
  const FakeTask* const b = host_.Spawn("B", {.nice = 5});
  EXPECT_EQ(TaskOf(b).deadline, 350 * kUs * 1024 / 335);
  const FakeTask* const c = host_.Spawn("C", {.slice_ns = 20 * kMs});
  EXPECT_EQ(TaskOf(c).deadline, 10 * kMs);
}

TEST_F(EevdfTest, Slice_OfTheTasksOwn_IsBroughtInto100UsTo100Ms) {
  EXPECT_EQ(TaskOf(host_.Spawn("A", {.slice_ns = 1})).deadline, 50 * kUs);
  EXPECT_EQ(TaskOf(host_.Spawn("B", {.slice_ns = 3600'000 * kMs})).deadline,
            50 * kMs);
}

// A tick is more than a slice, so they alternate.
TEST_F(EevdfTest, EqualTasks_Alternate) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(9);
  EXPECT_EQ(host_.TakeHistory(), "A1 B1 C1 A1 B1 C1 A1 B1 C1");
}

// B asks for 3 ms at a time. v and the deadline d at the decisions, in ms:
//
//   time  A: v d    B: v d   V
//   0     0 0.35    0 1.5    0     A: the earlier deadline
//   1     1 1.7     0 1.5    0.5   B: A is not eligible
//   3     1 1.7     2 5      1.5   A
//   4     2 2.7     2 5      2     A again
//   5     3 3.7     2 5      2.5   B
//   8     3 3.7     5 8      4     A, from 3 to 6; and so on
TEST_F(EevdfTest, SlicesOfOneAndThree_GoldenSequence) {
  host_.Spawn("A");
  host_.Spawn("B", {.slice_ns = 3 * kMs});
  host_.Dispatch();
  host_.Ticks(20);
  EXPECT_EQ(host_.TakeHistory(), "A1 B2 A2 B3 A3 B3 A3 B3");
}

TEST_F(EevdfTest, Nice0And5_Share1024To335Within1Percent) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.nice = 5});
  host_.Dispatch();
  host_.Ticks(100'000);
  EXPECT_NEAR(static_cast<double>(a->ticks) / static_cast<double>(b->ticks),
              1024.0 / 335, 1024.0 / 335 / 100);
}

TEST_F(EevdfTest, AnyNicePair_SharesByWeight) {
  for (const int nice : {-20, -10, -1, 1, 10, 19}) {
    FakeHost host(std::make_unique<Eevdf>(Eevdf::DefaultOptions(1)), kMs);
    FakeTask* const a = host.Spawn("A", {.nice = nice});
    FakeTask* const b = host.Spawn("B");
    host.Dispatch();
    host.Ticks(200'000);
    const double expected = static_cast<double>(WeightOfNice(nice)) / 1024;
    EXPECT_NEAR(static_cast<double>(a->ticks) / static_cast<double>(b->ticks),
                expected, expected / 100)
        << nice;
  }
}

// The slice determines when a task runs, not how much.
TEST_F(EevdfTest, SlicesOfOneAndFiftyMs_ShareEqually) {
  FakeTask* const a = host_.Spawn("A", {.slice_ns = 1 * kMs});
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 50 * kMs});
  host_.Dispatch();
  host_.Ticks(10'000);
  EXPECT_NEAR(static_cast<double>(a->ticks), static_cast<double>(b->ticks), 60);
  EXPECT_LE(b->longest_wait, 51u);
}

// It gives up 0.7 ms each time, as if it had run; so the other task, which runs
// a tick each time, does not fall behind.
TEST_F(EevdfTest, Yield_GivesUpTheSlice) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Yield();
  EXPECT_EQ(host_.current(), b);
  EXPECT_EQ(TaskOf(a).vruntime, 350 * kUs);
  EXPECT_EQ(TaskOf(a).deadline, (350 + 700) * kUs);
  host_.Yield();
  EXPECT_EQ(host_.current(), a);
}

TEST_F(EevdfTest, Yield_Alone_CostsNothing) {
  FakeTask* const a = host_.Spawn("A");
  host_.Dispatch();
  for (int i = 0; i < 10; ++i) host_.Yield();
  EXPECT_EQ(TaskOf(a).vruntime, 0);
}

TEST_F(EevdfTest, ParamsChanged_Nice_KeepsLagAndDeadlineInTime) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1);
  ASSERT_EQ(host_.current(), b);
  const int64_t to_deadline = TaskOf(a).deadline - TaskOf(a).vruntime;
  ASSERT_EQ(LagOf(a), -500 * kUs);
  a->params.nice = 5;
  policy().ParamsChanged(*a);
  EXPECT_EQ(TaskOf(a).weight, 335);
  EXPECT_NEAR(static_cast<double>(LagOf(a)), -500e3 * 1024 / 335, 3);
  EXPECT_EQ(TaskOf(a).deadline - TaskOf(a).vruntime, to_deadline * 1024 / 335);
  // Also the current task.
  b->params.nice = -5;
  policy().ParamsChanged(*b);
  EXPECT_EQ(TaskOf(b).weight, 3121);
}

TEST_F(EevdfTest, ParamsChanged_WhileAsleep_ScalesTheLag) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1);
  host_.BlockCurrent();
  host_.Ticks(1);
  FakeTask* const b = host_.tasks()[1].get();
  ASSERT_EQ(TaskOf(b).vlag, 500 * kUs);
  b->params.nice = 5;
  policy().ParamsChanged(*b);
  EXPECT_EQ(TaskOf(b).vlag, 500 * kUs * 1024 / 335);
  EXPECT_EQ(host_.current(), a);
}

// Values for which v times the load of all tasks does not fit in 64 bits.
TEST_F(EevdfTest, IsEligible_FarFromV_DoesNotOverflow) {
  for (int i = 0; i < 100; ++i) host_.Spawn("A", {.nice = -20});
  Eevdf::Task far = {};
  for (const int64_t v : {int64_t{1} << 60, int64_t{1} << 62}) {
    far.vruntime = v;
    EXPECT_FALSE(policy().IsEligible(far));
    far.vruntime = -v;
    EXPECT_TRUE(policy().IsEligible(far));
  }
}

// At each decision of a long random run: the current task is the eligible task
// with the earliest deadline, by the definitions; and the lags of all tasks add
// up to zero, except for the rounding of V.
TEST_F(EevdfTest, RandomEvents_AgainstTheDefinitions_Agree) {
  const char* const given = std::getenv("JIFFY_SEED");
  const unsigned first = given == nullptr ? 1 : std::atoi(given);
  std::cout << "JIFFY_SEED=" << first << '\n';
  for (unsigned seed = first; seed < first + 5; ++seed) {
    SCOPED_TRACE("JIFFY_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) {
      return static_cast<int>(random() % bound);
    };
    FakeHost host(std::make_unique<Eevdf>(Eevdf::DefaultOptions(1)), kMs);
    auto& policy = static_cast<Eevdf&>(host.scheduler());
    constexpr int kTasks = 30;
    for (int i = 0; i < kTasks; ++i) {
      host.Spawn(std::to_string(i),
                 {.nice = below(40) - 20,
                  .slice_ns = below(2) == 0 ? 0 : below(20'000) * kUs});
    }
    host.Dispatch();
    int decisions = 0;
    for (int step = 0; step < 20'000; ++step) {
      FakeTask& task = *host.tasks()[below(kTasks)];
      bool decided = false;
      switch (below(8)) {
        case 0:
          if (host.current() != nullptr) host.BlockCurrent();
          decided = true;
          break;
        case 1:
        case 2:
        case 3:
          host.Wake(task);
          break;
        case 4:
          if (host.current() != nullptr) host.Yield();
          decided = true;
          break;
        case 5:
          task.params.nice = below(40) - 20;
          policy.ParamsChanged(task);
          break;
        default:
          host.Ticks(below(5));
      }
      if (host.current() == nullptr) {
        host.Dispatch();
        decided = true;
      }

      int64_t lags = 0;
      int64_t load = 0;
      const int64_t v = policy.AverageVruntime();
      // Sum of w * (v_i - V), exact.
      for (const auto& other : host.tasks()) {
        const Eevdf::Task& data = TaskOf(other.get());
        if (!data.queued) continue;
        lags += data.weight * (v - data.vruntime);
        load += data.weight;
      }
      ASSERT_LE(lags, 0);
      ASSERT_GT(lags, -std::max<int64_t>(load, 1));

      if (!decided || host.current() == nullptr) continue;
      ++decisions;
      const Eevdf::Task& chosen = TaskOf(host.current());
      const auto eligible = [&](const Eevdf::Task& data) {
        return data.weight != 0 && load * (data.vruntime - v) <= -lags;
      };
      ASSERT_TRUE(eligible(chosen));
      for (const auto& other : host.tasks()) {
        const Eevdf::Task& data = TaskOf(other.get());
        // Sleeping tasks have made way already.
        if (!data.queued || !eligible(data)) continue;
        ASSERT_GE(data.deadline, chosen.deadline) << other->name;
      }
    }
    EXPECT_GT(decisions, 3000);
  }
}

}  // namespace
}  // namespace jiffy::sched
