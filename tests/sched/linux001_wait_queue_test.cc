// How tasks sleep on a Linux 0.01 wait queue and wake each other; times
// calculated by hand from its rules.
#include <string>

#include "gtest/gtest.h"
#include "sched/linux001_calls.h"
#include "tests/sched/fake_host.h"
#include "tests/sched/linux001_calls_fixture.h"

namespace jiffy::sched::linux001 {
namespace {

// In these two tests, the alarm is noticed at 105; A gets the CPU when the
// runner's slice ends after the right event.
TEST_F(Linux001CallsTest, SleepOn_Alarm_DoesNotWakeAndIsDeliveredOnReturn) {
  host_.Spawn("runner", [&] { host_.Work(2000); });
  host_.Spawn("A", [&] {
    Alarm(1);
    SleepOn(queue_);
    Note();
    Pause();
    Note();
  });
  host_.At(500, [&] { WakeUp(queue_); });
  host_.RunUntil(1000);
  EXPECT_EQ(log_, (Log{"A@510"}));
}

TEST_F(Linux001CallsTest, HostSleep_Alarm_DoesNotWakeAndIsDeliveredOnReturn) {
  host_.Spawn("runner", [&] { host_.Work(2000); });
  host_.Spawn("A", [&] {
    Alarm(1);
    host_.Sleep(500);
    Note();
    Pause();
    Note();
  });
  host_.RunUntil(1000);
  EXPECT_EQ(log_, (Log{"A@510"}));
}

TEST_F(Linux001CallsTest, SleepOn_SeveralSleepers_WakeAsALifoChain) {
  for (const char* name : {"A", "B", "C"}) {
    host_.Spawn(name, [&] {
      SleepOn(queue_);
      Note();
      host_.Work(3);
    });
  }
  host_.Spawn("D", [&] {
    host_.Sleep(5);
    WakeUp(queue_);
    EXPECT_EQ(queue_.head, nullptr);
    Note();
    host_.Work(20);
  });
  host_.RunUntil(34);
  // They sleep in the order C, B, A. A is woken at 5 but D keeps the CPU until
  // its slice ends at 20; each then makes the next runnable as it wakes.
  EXPECT_EQ(log_, (Log{"D@5", "A@20", "B@23", "C@26"}));
  EXPECT_EQ(host_.TakeHistory(), "-5 D15 A3 B3 C3 D5");
}

TEST_F(Linux001CallsTest,
       WakeUp_FromAnInterruptWhileIdle_RunsTheSleeperAtOnce) {
  host_.Spawn("A", [&] {
    SleepOn(queue_);
    Note();
  });
  host_.At(10, [&] { WakeUp(queue_); });
  host_.RunUntil(20);
  EXPECT_EQ(log_, (Log{"A@10"}));
}

TEST_F(Linux001CallsTest, WakeUp_EmptyQueue_DoesNothing) {
  host_.Spawn("A", [&] {
    WakeUp(queue_);
    Note();
  });
  host_.RunUntil(1);
  EXPECT_EQ(log_, (Log{"A@0"}));
}

// WakeUp clears the head; a task that wakes otherwise leaves it unchanged. The
// head then names a task that sleeps for the host's own reasons, and WakeUp
// must not end that sleep.
TEST_F(Linux001CallsTest, SleepOn_WokenByTheHost_LeavesTheHead) {
  FakeTask* const a = host_.Spawn("A", [&] {
    SleepOn(queue_);
    Note();
    EXPECT_EQ(queue_.head, host_.current());
    host_.Sleep(100);
    Note();
  });
  host_.At(5, [&] { host_.Wake(*a); });
  host_.At(20, [&] { WakeUp(queue_); });
  host_.RunUntil(200);
  EXPECT_EQ(log_, (Log{"A@5", "A@105"}));
  EXPECT_EQ(queue_.head, nullptr);
}

TEST_F(Linux001CallsTest, InterruptibleSleepOn_WakeUp_WakesTheLatestFirst) {
  for (const char* name : {"A", "B", "C"}) {
    host_.Spawn(name, [&] {
      InterruptibleSleepOn(queue_);
      Note();
      host_.Work(2);
    });
  }
  host_.At(10, [&] { WakeUp(queue_); });
  host_.RunUntil(20);
  EXPECT_EQ(log_, (Log{"A@10", "B@12", "C@14"}));
}

// The first sleeper is woken out of turn: it wakes the head, sleeps again, and
// wakes for good when the chain reaches it.
TEST_F(Linux001CallsTest,
       InterruptibleSleepOn_WokenOutOfTurn_LetsTheHeadFirst) {
  host_.Spawn("late", [&] {
    InterruptibleSleepOn(queue_);
    Note();
    host_.Work(2);
  });
  FakeTask* const early = host_.Spawn("early", [&] {
    InterruptibleSleepOn(queue_);
    Note();
  });
  host_.At(10, [&] { host_.Wake(*early); });
  host_.RunUntil(20);
  EXPECT_EQ(log_, (Log{"late@10", "early@12"}));
  EXPECT_EQ(queue_.head, nullptr);
}

// The same with SIGALRM, which stays pending until the call returns. So the
// early sleeper cannot sleep again: it spins, here for a tick each time, until
// the head's counter is larger than its own.
struct Spin {
  int priority;  // The early sleeper's; the late one has 15.
  const char* history;
};

class Linux001SpinTest : public Linux001CallsTest,
                         public testing::WithParamInterface<Spin> {};

TEST_P(Linux001SpinTest, InterruptibleSleepOn_SignalOutOfTurn_SpinsInKernel) {
  host_.Spawn("late", [&] {
    InterruptibleSleepOn(queue_);
    Note();
    host_.Work(2);
  });
  host_.Spawn("early",
              [&] {
                Alarm(1);
                InterruptibleSleepOn(queue_);
                Note();
                host_.Work(1);
              },
              {.priority = GetParam().priority});
  host_.RunUntil(130);
  EXPECT_EQ(host_.TakeHistory(), GetParam().history);
  ASSERT_EQ(log_.size(), 2u);
  EXPECT_EQ(log_[0].substr(0, 4), "late");
}

INSTANTIATE_TEST_SUITE_P(
    Priorities, Linux001SpinTest,
    testing::Values(
        // 15 and 15: the higher slot, early's; then 14 against 15.
        Spin{15, "-101 early1 late2 early1 -25"},
        // 30 ... 15 against 15 are early's, 14 is not.
        Spin{30, "-101 early16 late2 early1 -10"}),
    [](const auto& info) { return std::to_string(info.param.priority); });

TEST_F(Linux001CallsTest, InterruptibleSleepOn_HeadHasExited_CountsAsNone) {
  host_.Spawn("late", [&] {
    SleepOn(queue_);  // Stays the head when it wakes.
    Note();
    host_.Work(2);
  });
  FakeTask* const early = host_.Spawn("early", [&] {
    InterruptibleSleepOn(queue_);
    Note();
  });
  host_.At(10, [&] { host_.Wake(*early); });
  // It has gone back to sleep; the head, now awake, has exited at 12.
  host_.RunUntil(20);
  EXPECT_EQ(log_, (Log{"late@10", "early@12"}));
  EXPECT_EQ(queue_.head, nullptr);
}

TEST_F(Linux001CallsTest, InterruptibleSleepOn_Alarm_EndsIt) {
  host_.Spawn("A", [&] {
    Alarm(1);
    InterruptibleSleepOn(queue_);
    Note();
    Pause();  // That signal is delivered: there is none for this.
    Note();
  });
  host_.RunUntil(1000);
  EXPECT_EQ(log_, (Log{"A@101"}));
  EXPECT_EQ(queue_.head, nullptr);
}

}  // namespace
}  // namespace jiffy::sched::linux001
