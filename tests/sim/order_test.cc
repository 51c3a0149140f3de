// The order of events at one instant: the tick, the end of the burst and its
// consequences, the wake-ups, one decision.
#include "gtest/gtest.h"
#include "sched/sim/engine.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

TEST(Order, TickAndBurstEnd_NextBurstBegins_ThenTheSliceIsOver) {
  // At 10 ms A's burst ends and its next begins; then it is B's turn. A still
  // has all of its second burst to run.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 10000, "run": 5000},
              "B": {"loop": 1, "run": 10000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,R,B-1
20000,0,B-1,X,A-0
25000,0,A-0,X,idle
)");
}

TEST(Order, TickAndBurstEnd_TaskBlocks_IsNotPreempted) {
  // The state is S: the task's next event came before the decision.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 10000, "sleep": 1000},
              "B": {"loop": 1, "run": 10000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,S,B-1
20000,0,B-1,X,A-0
20000,0,A-0,X,idle
)");
}

TEST(Order, TickAndBurstEnd_TaskExits) {
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 10000}, "B": {"loop": 1, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,X,B-1
11000,0,B-1,X,idle
)");
}

TEST(Order, TickAndWakeup_WokenIsQueuedBeforeThePreempted) {
  // At 10 ms C wakes (step 3) before A is put back (step 4): B, C, A.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 20000}, "B": {"loop": 1, "run": 10000},
              "C": {"loop": 1, "delay": 10000, "run": 10000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,R,B-1
20000,0,B-1,X,C-2
30000,0,C-2,X,A-0
40000,0,A-0,X,idle
)");
}

TEST(Order, YieldAndWakeup_WokenIsQueuedBeforeTheYielding) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 10000, "yield": "", "run": 1000},
              "B": {"loop": 1, "delay": 10000, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,R,B-1
11000,0,B-1,X,A-0
12000,0,A-0,X,idle
)");
}

TEST(Order, BlockAndWakeup_OneDecision_NoIdleInBetween) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 10000, "sleep": 5000},
              "B": {"loop": 1, "delay": 10000, "run": 5000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,S,B-1
15000,0,B-1,X,A-0
15000,0,A-0,X,idle
)");
}

TEST(Order, WakeupsAtOneInstant_GoBySlot_NotByWhoSleptFirst) {
  // B sleeps from 0 on, A from 10 ms, both until 50 ms; A is in slot 1.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 10000, "sleep": 40000, "run": 1000},
              "B": {"loop": 1, "delay": 50000, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,S,idle
50000,0,idle,R,A-0
51000,0,A-0,X,B-1
52000,0,B-1,X,idle
)");
}

TEST(Order, BurstEndThatWakes_ComesBeforeTheWakeupsDue) {
  // At 10 ms A resumes C (step 2), and B's delay is over (step 3).
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"B": {"loop": 1, "delay": 10000, "run": 1000},
              "C": {"loop": 1, "suspend": "", "run": 1000},
              "A": {"loop": 1, "run": 10000, "resume": "C", "run": 1000}}})"),
            R"(
0,0,idle,R,C-1
0,0,C-1,S,A-2
11000,0,A-2,X,C-1
12000,0,C-1,X,B-0
13000,0,B-0,X,idle
)");
}

TEST(Order, WakeupsAtDifferentTimes_GoByTime) {
  // While A runs, C wakes at 20 and B at 30 ms.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 50000},
              "B": {"loop": 1, "delay": 30000, "run": 1000},
              "C": {"loop": 1, "delay": 20000, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
50000,0,A-0,X,C-2
51000,0,C-2,X,B-1
52000,0,B-1,X,idle
)");
}

TEST(Order, TasksWithoutCpuUse_ComeAndGoAtOneInstant) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "sleep": 1000}, "B": {"loop": 1, "sleep": 1000},
              "C": {"loop": 1, "run": 500}}})"),
            R"(
0,0,idle,R,A-0
0,0,A-0,S,B-1
0,0,B-1,S,C-2
500,0,C-2,X,idle
1000,0,idle,R,A-0
1000,0,A-0,X,B-1
1000,0,B-1,X,idle
)");
}

TEST(Order, TickOfTheInstant_IsNotTheNewcomers) {
  // B arrives at 10 ms, after the tick of that instant: its slice ends at 20.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 10000, "sleep": 5000, "run": 1000},
              "B": {"loop": 1, "run": 20000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,S,B-1
20000,0,B-1,R,A-0
21000,0,A-0,X,B-1
31000,0,B-1,X,idle
)");
}

TEST(Order, Ticks_AreMultiplesOfTheirPeriod_AlsoAfterIdleness) {
  // A arrives at an idle CPU at 4 ms; its slice ends with the tick at 10.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "delay": 4000, "run": 8000},
              "B": {"loop": 1, "delay": 5000, "run": 1000}}})"),
            R"(
4000,0,idle,R,A-0
10000,0,A-0,R,B-1
11000,0,B-1,X,A-0
13000,0,A-0,X,idle
)");
}

TEST(Order, ForkedTask_TakesTheSlotOfOneThatExited) {
  // A leaves slot 1, D gets it: at 10 ms D is before C, which is in slot 3.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 1000},
              "B": {"loop": 1, "run": 1000, "fork": "D"},
              "C": {"loop": 1, "delay": 10000, "run": 1000},
              "D": {"instance": 0, "loop": 1, "delay": 8000, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
1000,0,A-0,X,B-1
2000,0,B-1,X,idle
10000,0,idle,R,D-3-0000
11000,0,D-3-0000,X,C-2
12000,0,C-2,X,idle
)");
}

TEST(Order, Sleep_CountsFromWhenTheTaskReachesIt) {
  // B is ready to sleep at 0, but has the CPU only at 30 ms.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 30000},
              "B": {"loop": 1, "sleep": 10000, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
30000,0,A-0,X,B-1
30000,0,B-1,S,idle
40000,0,idle,R,B-1
41000,0,B-1,X,idle
)");
}

TEST(Order, Delay_CountsFromTheStart_WithoutTheCpu) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "run": 30000},
              "B": {"loop": 1, "delay": 10000, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
30000,0,A-0,X,B-1
31000,0,B-1,X,idle
)");
}

TEST(Order, NoTimeAtAll_DoesNothing) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1, "sleep": 0, "run": 0, "run": 1000, "sleep": 0,
                    "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
2000,0,A-0,X,idle
)");
}

TEST(Order, Duration_EndsTheRunBeforeThatInstant) {
  const char* const text = R"({
    "tasks": {"A": {"run": 1000000}, "B": {"run": 1000000}}})";
  EXPECT_EQ(SwitchesUnder("rr", text, 20'000), R"(
0,0,idle,R,A-0
10000,0,A-0,R,B-1
)");
  EXPECT_EQ(SwitchesUnder("rr", text, 20'001), R"(
0,0,idle,R,A-0
10000,0,A-0,R,B-1
20000,0,B-1,R,A-0
)");
  EXPECT_EQ(SwitchesUnder("rr", text, 0), "\n");
}

TEST(Order, DurationOfTheFile_IsInSeconds_AndGivesWayToTheOptions) {
  const Workload workload = MustParse(R"({
    "tasks": {"A": {"run": 1000000}}, "global": {"duration": 2}})");
  EXPECT_EQ(RunWorkload(workload, {}).end_us, 2'000'000);
  EXPECT_EQ(RunWorkload(workload, {.duration_us = 5}).end_us, 5);
}

}  // namespace
}  // namespace jiffy::sched::sim
