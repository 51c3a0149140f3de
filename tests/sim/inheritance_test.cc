// Mutexes with priority inheritance, as rt-app's "pi_enabled" requests.

#include <string>

#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

// The important task comes at 10 ms, when the unimportant one has 15 of its 20
// ms left and one in between has the CPU.
std::string Mars(const char* global) {
  return std::string(R"({"global": {)") + global + R"(},
    "tasks": {
      "low": {"policy": "SCHED_FIFO", "priority": 10, "loop": 1,
              "lock": "bus", "run": 20000, "unlock": "bus", "run1": 1000},
      "medium": {"policy": "SCHED_FIFO", "priority": 20, "loop": 1,
                 "sleep": 5000, "run": 100000},
      "high": {"policy": "SCHED_FIFO", "priority": 30, "loop": 1,
               "sleep": 10000, "lock": "bus", "run": 5000, "unlock": "bus"}}})";
}

class Inheritance : public ::testing::TestWithParam<const char*> {};

TEST_P(Inheritance, Off_TheOneBetweenRunsFirst) {
  EXPECT_EQ(SwitchesUnder(GetParam(), Mars(R"("pi_enabled": false)")), R"(
0,0,idle,R,high-2
0,0,high-2,S,medium-1
0,0,medium-1,S,low-0
5000,0,low-0,R,medium-1
10000,0,medium-1,R,high-2
10000,0,high-2,S,medium-1
105000,0,medium-1,X,low-0
120000,0,low-0,R,high-2
125000,0,high-2,X,low-0
126000,0,low-0,X,idle
)");
}

// The inherited priority ends with the unlock: "low" has its last ms after
// "medium".
TEST_P(Inheritance, On_TheHolderRunsInTheWaitersPlace) {
  EXPECT_EQ(SwitchesUnder(GetParam(), Mars(R"("pi_enabled": true)")), R"(
0,0,idle,R,high-2
0,0,high-2,S,medium-1
0,0,medium-1,S,low-0
5000,0,low-0,R,medium-1
10000,0,medium-1,R,high-2
10000,0,high-2,S,low-0
25000,0,low-0,R,high-2
30000,0,high-2,X,medium-1
125000,0,medium-1,X,low-0
126000,0,low-0,X,idle
)");
}

// "top" waits for b, held by "mid", which waits for a, held by "low".
TEST_P(Inheritance, Chain_IsFollowedToItsEnd) {
  EXPECT_EQ(SwitchesUnder(GetParam(), R"({"global": {"pi_enabled": true},
    "tasks": {
      "low": {"policy": "SCHED_FIFO", "priority": 10, "loop": 1,
              "lock": "a", "run": 9000, "unlock": "a"},
      "mid": {"policy": "SCHED_FIFO", "priority": 20, "loop": 1,
              "sleep": 1000, "lock": "b", "lock1": "a", "run": 2000,
              "unlock": "a", "unlock1": "b"},
      "between": {"policy": "SCHED_FIFO", "priority": 25, "loop": 1,
                  "sleep": 3000, "run": 50000},
      "top": {"policy": "SCHED_FIFO", "priority": 30, "loop": 1,
              "sleep": 4000, "lock": "b", "run": 1000, "unlock": "b"}}})"),
            R"(
0,0,idle,R,top-3
0,0,top-3,S,between-2
0,0,between-2,S,mid-1
0,0,mid-1,S,low-0
1000,0,low-0,R,mid-1
1000,0,mid-1,S,low-0
3000,0,low-0,R,between-2
4000,0,between-2,R,top-3
4000,0,top-3,S,low-0
10000,0,low-0,X,mid-1
12000,0,mid-1,X,top-3
13000,0,top-3,X,between-2
62000,0,between-2,X,idle
)");
}

INSTANTIATE_TEST_SUITE_P(Policies, Inheritance,
                         ::testing::Values("linux-2.4", "linux-o1"),
                         [](const auto& info) {
                           return std::string(info.param) == "linux-2.4"
                                      ? "linux24"
                                      : "linux_o1";
                         });

}  // namespace
}  // namespace jiffy::sched::sim
