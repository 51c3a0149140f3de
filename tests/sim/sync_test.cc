// Mutexes, conditions, suspension points, barriers, timers and forks.
#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "sched/sim/engine.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

TEST(Mutex, Unlock_PassesItToTheFirstWaiter) {
  // A sleeps with the mutex; B and C queue for it in that order. B gets the
  // mutex at 5 ms, and runs when the CPU is free.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"loop": 1, "lock": "m", "sleep": 5000, "unlock": "m", "run": 100},
      "B": {"loop": 1, "lock": "m", "run": 1000, "unlock": "m"},
      "C": {"loop": 1, "lock": "m", "run": 1000, "unlock": "m"}}})"),
            R"(
0,0,idle,R,A-0
0,0,A-0,S,B-1
0,0,B-1,S,C-2
0,0,C-2,S,idle
5000,0,idle,R,A-0
5100,0,A-0,X,B-1
6100,0,B-1,X,C-2
7100,0,C-2,X,idle
)");
}

TEST(Mutex, UnlockAndLockAgain_WaitsBehindTheWaiter) {
  // The mutex belonged to B from the unlock on.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"loop": 1, "lock": "m", "sleep": 1000, "unlock": "m", "lock": "m",
            "run": 10, "unlock": "m"},
      "B": {"loop": 1, "lock": "m", "run": 10, "unlock": "m"}}})"),
            R"(
0,0,idle,R,A-0
0,0,A-0,S,B-1
0,0,B-1,S,idle
1000,0,idle,R,A-0
1000,0,A-0,S,B-1
1010,0,B-1,X,A-0
1020,0,A-0,X,idle
)");
}

TEST(Mutex, UnlockOfAnothers_EndsTheRunWithItsPlace) {
  const Outcome outcome = RunWorkload(
      "{\"tasks\": {\"A\": {\"loop\": 1, \"run\": 7,\n   \"unlock\": \"m\"}}}",
      {.policy = "fifo"});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcome.status.message(),
            "w.json:2:4: key \"unlock\": task \"A-0\" unlocks mutex \"m\", "
            "which it does not "
            "hold (at 7 us)");
}

TEST(Condition, Signal_WakesTheFirst_Broadcast_All) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "W": {"instance": 3, "loop": 1, "lock": "m",
            "wait": {"ref": "c", "mutex": "m"}, "unlock": "m", "run": 10},
      "S": {"loop": 1, "run": 100, "signal": "c", "run": 100, "broad": "c",
            "run": 100}}})"),
            R"(
0,0,idle,R,W-0
0,0,W-0,S,W-1
0,0,W-1,S,W-2
0,0,W-2,S,S-3
300,0,S-3,X,W-0
310,0,W-0,X,W-1
320,0,W-1,X,W-2
330,0,W-2,X,idle
)");
}

TEST(Condition, SignalUnderTheMutex_WakesWhenItIsGivenBack) {
  // The signal at 100 wakes no task yet: S has the mutex until 300, and sleeps
  // from 200 on, when the CPU is idle.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "W": {"loop": 1, "lock": "m", "wait": {"ref": "c", "mutex": "m"},
            "run": 10, "unlock": "m"},
      "S": {"loop": 1, "lock": "m", "run": 100, "signal": "c", "run": 100,
            "sleep": 100, "unlock": "m", "run": 50}}})"),
            R"(
0,0,idle,R,W-0
0,0,W-0,S,S-1
200,0,S-1,S,idle
300,0,idle,R,S-1
350,0,S-1,X,W-0
360,0,W-0,X,idle
)");
}

TEST(Condition, Sync_SignalsAndWaits) {
  // As in rt-app's tutorial: each wakes the other.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"loop": 2, "lock": "m", "wait": {"ref": "c", "mutex": "m"},
            "unlock": "m", "run": 10},
      "B": {"loop": 1, "run": 100, "lock": "m",
            "sync": {"ref": "c", "mutex": "m"}, "unlock": "m", "run": 10},
      "C": {"loop": 1, "sleep": 500, "broad": "c", "run": 1}}})"),
            R"(
0,0,idle,R,A-0
0,0,A-0,S,B-1
100,0,B-1,S,C-2
100,0,C-2,S,A-0
110,0,A-0,S,idle
600,0,idle,R,C-2
601,0,C-2,X,B-1
611,0,B-1,X,A-0
621,0,A-0,X,idle
)");
}

TEST(Condition, SignalThatNobodyWaitsFor_IsLost) {
  const Outcome outcome = RunWorkload(R"({
    "tasks": {"A": {"loop": 1, "signal": "c", "run": 5,
                    "wait": {"ref": "c", "mutex": "m"}}}})",
                                      {.policy = "fifo"});
  EXPECT_EQ(outcome.notes,
            "deadlock at 5 us: all tasks that are left, 1, are blocked for "
            "ever\n  A-0 waits for condition \"c\"");
}

TEST(Suspension, Resume_WakesAllWhoAreSuspendedThere) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"loop": 1, "suspend": "", "run": 10},
      "B": {"loop": 1, "suspend": "A", "run": 10},
      "C": {"loop": 1, "suspend", "run": 10},
      "R": {"loop": 1, "run": 100, "resume": "A", "run": 100, "resume": "C"}}})"),
            R"(
0,0,idle,R,A-0
0,0,A-0,S,B-1
0,0,B-1,S,C-2
0,0,C-2,S,R-3
200,0,R-3,X,A-0
210,0,A-0,X,B-1
220,0,B-1,X,C-2
230,0,C-2,X,idle
)");
}

TEST(Barrier, LastToCome_LetsAllGoOn_AndItStartsAnew) {
  // Three users: two instances of A, and B. The last one continues at once.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"instance": 2, "loop": 2, "run": 10, "barrier": "b"},
      "B": {"loop": 2, "run": 100, "barrier": "b"}}})"),
            R"(
0,0,idle,R,A-0
10,0,A-0,S,A-1
20,0,A-1,S,B-2
220,0,B-2,S,A-0
230,0,A-0,S,A-1
240,0,A-1,X,B-2
240,0,B-2,X,A-0
240,0,A-0,X,idle
)");
}

TEST(Timer, KeepsItsPeriod_WhateverTheTaskUses) {
  // Due at 20, 40, 60 ms, counted from when A first ran, at 5 ms: 25, 45, 65.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "B": {"loop": 1, "run": 5000},
      "A": {"loop": 3, "run": 3000,
            "timer": {"ref": "unique", "period": 20000}}}})"),
            R"(
0,0,idle,R,B-0
5000,0,B-0,X,A-1
8000,0,A-1,S,idle
25000,0,idle,R,A-1
28000,0,A-1,S,idle
45000,0,idle,R,A-1
48000,0,A-1,S,idle
65000,0,idle,R,A-1
65000,0,A-1,X,idle
)");
}

// In both: due at 10, but the time is 25 already; the next burst takes 3.
TEST(Timer, Relative_WhenLate_RestartsFromNow) {
  // Due at 25 + 10 = 35.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1,
      "run": 25000, "timer": {"ref": "t", "period": 10000},
      "run": 3000, "timer": {"ref": "t", "period": 10000}, "run": 1}}})"),
            R"(
0,0,idle,R,A-0
28000,0,A-0,S,idle
35000,0,idle,R,A-0
35001,0,A-0,X,idle
)");
}

TEST(Timer, Absolute_WhenLate_KeepsItsGrid) {
  // Due at 20, which is also past; then at 30.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 1,
      "run": 25000, "timer": {"ref": "t", "period": 10000, "mode": "absolute"},
      "run": 3000, "timer": {"ref": "t", "period": 10000},
      "run": 1000, "timer": {"ref": "t", "period": 10000}, "run": 1}}})"),
            R"(
0,0,idle,R,A-0
29000,0,A-0,S,idle
30000,0,idle,R,A-0
30001,0,A-0,X,idle
)");
}

TEST(Timer, Shared_AdvancesForAllWhoUseIt_UniqueForEachAlone) {
  // A takes the period to 10 ms, B to 20.
  const char* const shared = R"({
    "tasks": {"A": {"instance": 2, "loop": 1,
                    "timer": {"ref": "t", "period": 10000}, "run": 1}}})";
  EXPECT_EQ(SwitchesUnder("fifo", shared), R"(
0,0,idle,R,A-0
0,0,A-0,S,A-1
0,0,A-1,S,idle
10000,0,idle,R,A-0
10001,0,A-0,X,idle
20000,0,idle,R,A-1
20001,0,A-1,X,idle
)");
  const char* const unique = R"({
    "tasks": {"A": {"instance": 2, "loop": 1,
                    "timer": {"ref": "unique1", "period": 10000}, "run": 1}}})";
  EXPECT_EQ(SwitchesUnder("fifo", unique), R"(
0,0,idle,R,A-0
0,0,A-0,S,A-1
0,0,A-1,S,idle
10000,0,idle,R,A-0
10001,0,A-0,X,A-1
10002,0,A-1,X,idle
)");
}

TEST(Fork, CreatesThreadsWithNumberedNames) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"loop": 2, "run": 10, "fork": "B"},
      "B": {"instance": 0, "loop": 1, "delay": 5, "run": 10}}})"),
            R"(
0,0,idle,R,A-0
20,0,A-0,X,B-1-0000
30,0,B-1-0000,X,B-2-0001
40,0,B-2-0001,X,idle
)");
}

TEST(Fork, Bomb_EndsTheRunWithItsPlace) {
  const Outcome outcome =
      RunWorkload("{\"tasks\": {\"A\": {\"run\": 1,\n\"fork\": \"A\"}}}",
                  {.policy = "fifo"});
  EXPECT_EQ(outcome.status.message(),
            "w.json:2:1: key \"fork\": task \"A\" is forked more than 1024 "
            "times (at 1025 "
            "us)");
}

TEST(Deadlock, IsNotedWithWhoWaitsForWhat) {
  const Outcome outcome = RunWorkload(R"({
    "tasks": {
      "A": {"loop": 1, "lock": "x", "run": 10, "sleep": 5, "lock": "y"},
      "B": {"loop": 1, "lock": "y", "run": 10, "lock": "x"},
      "C": {"loop": 1, "lock": "z", "run": 1},
      "D": {"loop": 1, "lock": "z", "run": 1},
      "E": {"loop": 1, "lock": "e", "lock": "e"},
      "F": {"loop": 1, "barrier": "b"},
      "G": {"loop": 0, "phases": {"p": {"barrier": "b"}}},
      "H": {"loop": 1, "suspend": ""},
      "I": {"loop": 1, "wait": {"ref": "c", "mutex": "m"}}}})",
                                      {.policy = "fifo"});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.end_us, 21);
  EXPECT_EQ("\n" + outcome.notes, R"(
deadlock at 21 us: all tasks that are left, 7, are blocked for ever
  A-0 waits for mutex "y", held by B-1
  B-1 waits for mutex "x", held by A-0
  D-3 waits for mutex "z", held by C-2, which has exited
  E-4 waits for mutex "e", held by itself
  F-5 waits for barrier "b", at which 1 of 2 are missing
  H-7 waits for a resume of "H"
  I-8 waits for condition "c")");
}

}  // namespace
}  // namespace jiffy::sched::sim
