// Linux 0.01's system calls, and their behaviour under other policies; times
// calculated by hand from its rules.
#include "sched/linux001_calls.h"

#include <errno.h>

#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "sched/linux001.h"
#include "sched/round_robin.h"
#include "tests/sched/linux001_calls_fixture.h"
#include "tests/sched/scripted_host.h"

namespace jiffy::sched::linux001 {
namespace {

TEST_F(Linux001CallsTest, Nice_PositivePriorityLeft_ChangesItFromTheNextSlice) {
  FakeTask* const a = host_.Spawn("A", [&] {
    EXPECT_EQ(Nice(5), 0);
    host_.Work(100);
  });
  host_.Spawn("B", [&] { host_.Work(100); });
  host_.RunUntil(80);
  EXPECT_EQ(host_.TakeHistory(), "B15 A15 B15 A10 B15 A10");
  EXPECT_EQ(TaskOf(a).priority, 10);
}

TEST_F(Linux001CallsTest, Nice_NoPriorityLeft_DoesNothing) {
  FakeTask* const a = host_.Spawn("A", [&] {
    EXPECT_EQ(Nice(15), 0);
    EXPECT_EQ(TaskOf(host_.current()).priority, 15);
    EXPECT_EQ(Nice(2147483647), 0);
    EXPECT_EQ(TaskOf(host_.current()).priority, 15);
    EXPECT_EQ(Nice(14), 0);
    EXPECT_EQ(TaskOf(host_.current()).priority, 1);
    EXPECT_EQ(Nice(1), 0);
    EXPECT_EQ(TaskOf(host_.current()).priority, 1);
    EXPECT_EQ(Nice(-2147483647 - 1), 0);
    host_.Work(1);
  });
  host_.RunUntil(1);
  EXPECT_EQ(TaskOf(a).priority, 2147483649);
  EXPECT_EQ(TaskOf(a).counter, 14);
}

TEST_F(Linux001CallsTest, Alarm_AnyArgument_IsReturned) {
  host_.Spawn("A", [&] {
    errno = 0;
    EXPECT_EQ(Alarm(3), 3);
    EXPECT_EQ(TaskOf(host_.current()).alarm, 300u);
    EXPECT_EQ(Alarm(2), 2);  // Not the seconds that were left.
    EXPECT_EQ(TaskOf(host_.current()).alarm, 200u);
    EXPECT_EQ(Alarm(0), 0);
    EXPECT_EQ(TaskOf(host_.current()).alarm, 0u);
    EXPECT_EQ(Alarm(-1), -1);
    EXPECT_EQ(TaskOf(host_.current()).alarm, 0u);
    EXPECT_EQ(Alarm(2147483647), 2147483647);
    EXPECT_EQ(TaskOf(host_.current()).alarm, 214748364700u);
    EXPECT_EQ(errno, 0);
    Note();
  });
  host_.RunUntil(1);
  EXPECT_EQ(log_, (Log{"A@0"}));
}

TEST_F(Linux001CallsTest, Alarm_IdleCpu_EndsAPauseOneTickLate) {
  host_.Spawn("A", [&] {
    host_.Work(7);
    Alarm(1);
    EXPECT_EQ(Pause(), 0);
    Note();
  });
  host_.RunUntil(50);
  EXPECT_EQ(host_.scheduler().NextIdleEvent(), 108u);
  host_.RunUntil(200);
  EXPECT_EQ(log_, (Log{"A@108"}));
  EXPECT_EQ(host_.scheduler().NextIdleEvent(), Scheduler::kNever);
}

TEST_F(Linux001CallsTest, Alarm_SeveralOnAnIdleCpu_EachIsNoticed) {
  for (int seconds : {3, 1, 2}) {
    host_.Spawn(std::to_string(seconds), [&, seconds] {
      Alarm(seconds);
      Pause();
      Note();
    });
  }
  host_.RunUntil(400);
  EXPECT_EQ(log_, (Log{"1@101", "2@201", "3@301"}));
}

// The runner calls schedule() only when its 15 ticks are over: at 90, 105, ...
TEST_F(Linux001CallsTest, Alarm_BusyCpu_WaitsForTheEndOfASlice) {
  host_.Spawn("runner", [&] { host_.Work(1000); });
  host_.Spawn("A", [&] {
    Alarm(1);
    Pause();
    Note();
  });
  host_.RunUntil(200);
  EXPECT_EQ(log_, (Log{"A@105"}));
}

// Here schedule() is called at 100 exactly, and 100 < 100 is false.
TEST_F(Linux001CallsTest, Alarm_DueInTheJiffyOfSchedule_IsNotNoticedYet) {
  host_.Spawn("runner", [&] { host_.Work(1000); }, {.priority = 20});
  host_.Spawn("A", [&] {
    Alarm(1);
    Pause();
    Note();
  });
  // 20 against 15: the runner has the first slice, so A's alarm is due at 120,
  // and the slices end at 20, 40, ... 120, 140.
  host_.RunUntil(200);
  EXPECT_EQ(log_, (Log{"A@140"}));
}

TEST_F(Linux001CallsTest, Alarm_OtherTickLength_StillCountsSeconds) {
  ScriptedHost host(std::make_unique<Linux001>(), /*tick_ns=*/1'000'000);
  uint64_t woken = 0;
  host.Spawn("A", [&] {
    Alarm(2);
    Pause();
    woken = Jiffies();
  });
  host.RunUntil(3000);
  EXPECT_EQ(woken, 2001u);
}

TEST_F(Linux001CallsTest, Alarm_Cancelled_NeverComes) {
  host_.Spawn("A", [&] {
    Alarm(1);
    Alarm(0);
    Pause();
    Note();
  });
  host_.RunUntil(1000);
  EXPECT_EQ(log_, Log{});
}

// No one called schedule() since the alarm was due at 100; pause() itself
// notices the alarm, on the way to sleep. (The host assumes that not sleeping
// takes a tick.)
TEST_F(Linux001CallsTest, Pause_AlarmDueButNotNoticed_DoesNotSleep) {
  host_.Spawn("A",
              [&] {
                Alarm(1);
                host_.Work(150);
                Pause();
                Note();
              },
              {.priority = 200});
  host_.RunUntil(300);
  EXPECT_EQ(log_, (Log{"A@151"}));
}

// The alarm is noticed at 105, at the end of a slice, and delivered there: on
// the way back to user mode.
TEST_F(Linux001CallsTest, Pause_AlarmDeliveredBefore_SleepsOn) {
  host_.Spawn("A", [&] {
    Alarm(1);
    host_.Work(150);
    Note();
    Pause();
    Note();
  });
  host_.RunUntil(1000);
  EXPECT_EQ(log_, (Log{"A@150"}));
}

// The alarm, set at 15 and due at 115, is noticed at 120, when A's slice and
// work end. The runner is next; A gets the signal when it comes to the CPU.
TEST_F(Linux001CallsTest, Pause_AlarmDeliveredToATaskThatWaited_SleepsOn) {
  host_.Spawn("A", [&] {
    Alarm(1);
    host_.Work(60);
    Note();
    Pause();
    Note();
  });
  host_.Spawn("runner", [&] { host_.Work(1000); });
  host_.RunUntil(1000);
  EXPECT_EQ(log_, (Log{"A@135"}));
}

TEST_F(Linux001CallsTest, Jiffies_IdleAndBusy_CountsAllTicks) {
  host_.Spawn("A", [&] {
    EXPECT_EQ(Jiffies(), 0u);
    host_.Work(3);
    EXPECT_EQ(Jiffies(), 3u);
    host_.Sleep(4);
    EXPECT_EQ(Jiffies(), 7u);
    Note();
  });
  host_.RunUntil(10);
  EXPECT_EQ(log_, (Log{"A@7"}));
}

// Runs `body` as a task under round-robin.
void RunUnderRoundRobin(std::function<void()> body) {
  ScriptedHost host(std::make_unique<RoundRobin>(10'000'000));
  bool ran = false;
  host.Spawn("A", [&] {
    body();
    ran = true;
  });
  host.RunUntil(1);
  EXPECT_TRUE(ran);
}

void ExpectNoSystemCalls() {
  for (int (*call)() : {+[] { return Nice(1); }, +[] { return Alarm(1); },
                        +[] { return Pause(); }}) {
    errno = 0;
    EXPECT_EQ(call(), -1);
    EXPECT_EQ(errno, ENOSYS);
  }
}

TEST(Linux001CallsMisuseTest, SystemCalls_NoHost_FailWithEnosys) {
  ExpectNoSystemCalls();
  EXPECT_EQ(Jiffies(), 0u);
}

TEST(Linux001CallsMisuseTest, SystemCalls_OtherPolicy_FailWithEnosys) {
  RunUnderRoundRobin(ExpectNoSystemCalls);
}

TEST(Linux001CallsMisuseTest, SystemCalls_NoCurrentTask_FailWithEnosys) {
  ScriptedHost host(std::make_unique<Linux001>());
  ExpectNoSystemCalls();
}

TEST(Linux001CallsMisuseTest, Jiffies_OtherPolicy_StillCounts) {
  ScriptedHost host(std::make_unique<RoundRobin>(10'000'000));
  host.Ticks(5);
  EXPECT_EQ(Jiffies(), 5u);
}

TEST(Linux001CallsDeathTest, SleepAndWake_NoHost_Abort) {
  WaitQueue queue;
  EXPECT_DEATH(SleepOn(queue), "jiffy: sleep_on: no task is calling");
  EXPECT_DEATH(InterruptibleSleepOn(queue),
               "jiffy: interruptible_sleep_on: no task is calling");
  EXPECT_DEATH(WakeUp(queue), "jiffy: wake_up: no task is calling");
}

TEST(Linux001CallsDeathTest, SleepAndWake_OtherPolicy_AbortNamingIt) {
  WaitQueue queue;
  EXPECT_DEATH(RunUnderRoundRobin([&] { SleepOn(queue); }),
               "jiffy: sleep_on: needs the policy linux-0.01, the running one "
               "is rr");
  EXPECT_DEATH(RunUnderRoundRobin([&] { InterruptibleSleepOn(queue); }),
               "interruptible_sleep_on: needs the policy linux-0.01");
  EXPECT_DEATH(RunUnderRoundRobin([&] { WakeUp(queue); }),
               "wake_up: needs the policy linux-0.01");
}

TEST(Linux001CallsDeathTest, Sleep_NoCurrentTask_AbortsAsTheOriginalPanics) {
  ScriptedHost host(std::make_unique<Linux001>());
  WaitQueue queue;
  EXPECT_DEATH(SleepOn(queue), "sleep_on: task\\[0\\] trying to sleep");
  EXPECT_DEATH(InterruptibleSleepOn(queue), "task\\[0\\] trying to sleep");
}

}  // namespace
}  // namespace jiffy::sched::linux001
