// How Linux 2.6.12 distinguishes interactive tasks, and their advantages.
// Sequences calculated by hand from its rules.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "sched/linux_o1.h"
#include "tests/sched/fake_host.h"
#include "tests/sched/linux_o1_fixture.h"

namespace jiffy::sched {
namespace {

// Number of bonuses, from the best down, that make a task of that nice value
// interactive: as in the table above TASK_INTERACTIVE in kernel/sched.c, except
// for nice -10, where the table says 7 and the truncating division gives 6.
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

// With no bonus, a millisecond asleep counts as ten.
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

// A millisecond on the CPU costs one millisecond divided by the bonus.
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
  host_.Spawn("R", {.priority = 1, .sched_class = SchedClass::kFifo});
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

// It starts with 900 ms and is interactive down to 700: about 10 ms * 9 + 100
// ms * 8 + 100 ms * 7 on the CPU, and the slice in which that ends.
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
  // From here on it is a hog like the other.
  host_.Ticks(99);
  host_.TakeHistory();
  host_.Ticks(400);
  EXPECT_EQ(host_.TakeHistory(), "sleeper100 hog100 sleeper100 hog100");
}

// S is interactive when its slice ends, but X, of a better static priority, has
// expired: so S expires too, and Y is next.
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

// Three tasks that alternately run for 10 ms and sleep for 13 leave no gap for
// a hog, until the limit, 1 s for each runnable task, ends that.
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

}  // namespace
}  // namespace jiffy::sched
