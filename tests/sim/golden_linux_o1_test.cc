// Traces under the O(1) scheduler, worked out by hand.
#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

// 450 ms asleep are worth the whole bonus, whether it slept before its first
// turn or after.
TEST(LinuxO1Golden, FirstWakeup_PreemptsAHog) {
  EXPECT_EQ(SwitchesUnder("linux-o1", R"({
    "tasks": {"hog": {"run": 1000000},
              "late": {"delay": 450000, "loop": 1, "run": 2000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,hog-0
450000,0,hog-0,R,late-1
452000,0,late-1,X,hog-0
)");
}

}  // namespace
}  // namespace jiffy::sched::sim
