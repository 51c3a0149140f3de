// Traces under first come, first served and round-robin, worked out by hand.
#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

TEST(FifoGolden, TasksRunToBlockInTheOrderInWhichTheyCame) {
  // B wakes at 40 + 20, while C runs; A is behind it, from 70 on. C ends at 90.
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {
      "A": {"loop": 1, "run": 20000, "sleep": 50000, "run": 10000},
      "B": {"loop": 1, "run": 20000, "sleep": 20000, "run": 10000},
      "C": {"loop": 1, "run": 50000}}})"),
            R"(
0,0,idle,R,A-0
20000,0,A-0,S,B-1
40000,0,B-1,S,C-2
90000,0,C-2,X,B-1
100000,0,B-1,X,A-0
110000,0,A-0,X,idle
)");
}

TEST(FifoGolden, Yield_GoesToTheEnd) {
  EXPECT_EQ(SwitchesUnder("fifo", R"({
    "tasks": {"A": {"loop": 2, "run": 1000, "yield": ""},
              "B": {"loop": 2, "run": 1000, "yield": ""}}})"),
            R"(
0,0,idle,R,A-0
1000,0,A-0,R,B-1
2000,0,B-1,R,A-0
3000,0,A-0,R,B-1
4000,0,B-1,R,A-0
4000,0,A-0,X,B-1
4000,0,B-1,X,idle
)");
}

TEST(RoundRobinGolden, HogsTakeTurnsOfASliceEach) {
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 25000}, "B": {"loop": 1, "run": 10000},
              "C": {"loop": 1, "run": 15000}}})"),
            R"(
0,0,idle,R,A-0
10000,0,A-0,R,B-1
20000,0,B-1,X,C-2
30000,0,C-2,R,A-0
40000,0,A-0,R,C-2
45000,0,C-2,X,A-0
50000,0,A-0,X,idle
)");
}

TEST(RoundRobinGolden, SliceIsCountedInTicks_SoWhoComesInMidTickHasLess) {
  // B comes at 4 ms and uses up its slice at the tick at 10 ms, 6 ms later.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "run": 4000, "sleep": 1000, "run": 1000},
              "B": {"loop": 1, "run": 12000}}})"),
            R"(
0,0,idle,R,A-0
4000,0,A-0,S,B-1
10000,0,B-1,R,A-0
11000,0,A-0,X,B-1
17000,0,B-1,X,idle
)");
}

TEST(RoundRobinGolden, SliceOfATasksOwn_ShortensTheTick) {
  // A slice of 4 ms is a tick of 4 ms; B's 10 ms are then three ticks.
  EXPECT_EQ(SwitchesUnder("rr", R"({
    "tasks": {"A": {"loop": 1, "dl-runtime": 4000, "run": 10000},
              "B": {"loop": 1, "run": 20000}}})"),
            R"(
0,0,idle,R,A-0
4000,0,A-0,R,B-1
16000,0,B-1,R,A-0
20000,0,A-0,R,B-1
28000,0,B-1,X,A-0
30000,0,A-0,X,idle
)");
}

}  // namespace
}  // namespace jiffy::sched::sim
