#include "sched/eevdf.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "sched/linux_params.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kUs = 1'000;

// One CPU, ticks of 1 ms, slices of 0.7 ms.
class EevdfTest : public testing::Test {
 protected:
  static Eevdf::Task& TaskOf(const FakeTask* task) {
    return const_cast<FakeTask*>(task)->Data<Eevdf::Task>();
  }
  Eevdf& policy() { return static_cast<Eevdf&>(host_.scheduler()); }
  int64_t LagOf(const FakeTask* task) {
    return policy().AverageVruntime() - TaskOf(task).vruntime;
  }

  FakeHost host_{std::make_unique<Eevdf>(Eevdf::DefaultOptions(1)), kMs};
};

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

// The slice decides when a task runs, not how much.
TEST_F(EevdfTest, SlicesOfOneAndFiftyMs_ShareEqually) {
  FakeTask* const a = host_.Spawn("A", {.slice_ns = 1 * kMs});
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 50 * kMs});
  host_.Dispatch();
  host_.Ticks(10'000);
  EXPECT_NEAR(static_cast<double>(a->ticks), static_cast<double>(b->ticks), 60);
  EXPECT_LE(b->longest_wait, 51u);
}

// -------------------------------------------------------- waking, sleeping

// A comes with the earlier deadline, since it is heavier, but asks for no less
// time: it waits until B has had what it asked for.
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

// It is owed 0.5 ms; when it comes back, it still is, although it moves V.
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

// A stays queued, since it has had 0.5 ms too much, until V has caught up.
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
  EXPECT_TRUE(TaskOf(a).queued);  // Eligible now, but nobody has asked.
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

// Who sleeps whenever it has had more than the other gets no more than half.
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

// --------------------------------------------------------------- the others

// It gives up 0.7 ms each time, as if it had run; so the other, which runs a
// tick each time, is not left behind.
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
  // The current one as well.
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

// Where v times the load of all does not fit in 64 bits.
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

// At each decision of a long random run: whoever has the CPU is the eligible
// task with the earliest deadline, by the definitions; and the lags of all add
// up to nothing, but for the rounding of V.
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
        // Those that sleep have made way already.
        if (!data.queued || !eligible(data)) continue;
        ASSERT_GE(data.deadline, chosen.deadline) << other->name;
      }
    }
    EXPECT_GT(decisions, 3000);
  }
}

}  // namespace
}  // namespace jiffy::sched
