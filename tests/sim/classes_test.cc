// Classes of tasks, under policies with and without classes.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

constexpr char kFifoBesideNormal[] = R"({"tasks": {
    "norm": {"run": 1000000},
    "rt": {"policy": "SCHED_FIFO", "priority": 50, "run": 1000000}},
  "global": {"duration": 1}})";

// To 0.01 both are ordinary tasks: 15 ticks each, not 50.
TEST(Classes, RealTimeUnderLinux001_IsAnOrdinaryTask) {
  const Outcome outcome =
      RunWorkload(kFifoBesideNormal, {.policy = "linux-0.01"});
  EXPECT_EQ(outcome.switches,
            "0,0,idle,R,rt-1\n150000,0,rt-1,R,norm-0\n"
            "300000,0,norm-0,R,rt-1\n450000,0,rt-1,R,norm-0\n"
            "600000,0,norm-0,R,rt-1\n750000,0,rt-1,R,norm-0\n"
            "900000,0,norm-0,R,rt-1\n");
  EXPECT_EQ(outcome.notes,
            "w.json:3:5: task \"rt\": scheduler \"linux-0.01\" has no "
            "SCHED_FIFO; the task is SCHED_OTHER with nice 0 to it");
}

TEST(Classes, ClassThatThePolicyHas_IsNotNoted) {
  for (const char* policy : {"linux-2.4", "linux-o1", "cfs", "eevdf"}) {
    EXPECT_EQ(RunWorkload(kFifoBesideNormal, {.policy = policy}).notes, "")
        << policy;
  }
}

TEST(Classes, EachPolicyThatLacksOne_SaysSoOnceATask) {
  const char* const workload = R"({"tasks": {"t": {"phases": {
      "a": {"policy": "SCHED_BATCH", "run": 1},
      "b": {"policy": "SCHED_IDLE", "run": 1},
      "c": {"policy": "SCHED_BATCH", "run": 1}}}},
    "global": {"duration": 1}})";
  for (const char* policy : {"fifo", "rr", "random", "linux-0.01", "linux-2.4",
                             "linux-o1", "lottery", "stride", "mlfq", "edf"}) {
    const std::string scheduler =
        std::string("w.json:1:12: task \"t\": scheduler \"") + policy + "\"";
    EXPECT_EQ(RunWorkload(workload, {.policy = policy}).notes,
              scheduler +
                  " has no SCHED_BATCH; the task is SCHED_OTHER with "
                  "nice 0 to it\n" +
                  scheduler +
                  " has no SCHED_IDLE; the task is SCHED_OTHER "
                  "with nice 19 to it");
  }
}

// A task is woken at 50.5 ms, between two ticks. Returns when it takes the CPU
// from a hog.
std::string TakesTheCpuAt(const std::string& scheduler, const char* hog,
                          const char* woken) {
  const std::string workload = absl::StrCat(
      R"({"tasks": {"hog": {"policy": "SCHED_)", hog,
      R"(", "run": 1000000}, "woken": {"loop": 1, "policy": "SCHED_)", woken,
      // Shorter than a slice: that makes eevdf preempt.
      R"(", "dl-runtime": 200, "sleep": 50500, "run": 100}},
         "global": {"duration": 1}})");
  const std::string switches =
      RunWorkload(workload, {.policy = scheduler}).switches;
  const size_t end = switches.find(",0,hog-0,R,woken-1\n");
  if (end == std::string::npos) return "never";
  const size_t begin = switches.rfind('\n', end) + 1;
  return switches.substr(begin, end - begin);
}

class FairClassesTest : public testing::TestWithParam<std::string> {};

TEST_P(FairClassesTest, NormalTask_PreemptsOnWaking) {
  EXPECT_EQ(TakesTheCpuAt(GetParam(), "OTHER", "OTHER"), "50500");
  EXPECT_EQ(TakesTheCpuAt(GetParam(), "BATCH", "OTHER"), "50500");
  EXPECT_EQ(TakesTheCpuAt(GetParam(), "IDLE", "OTHER"), "50500");
}

TEST_P(FairClassesTest, BatchTask_WaitsForATickUnlessTheCurrentIsIdle) {
  EXPECT_EQ(TakesTheCpuAt(GetParam(), "OTHER", "BATCH"), "51000");
  EXPECT_EQ(TakesTheCpuAt(GetParam(), "BATCH", "BATCH"), "51000");
  EXPECT_EQ(TakesTheCpuAt(GetParam(), "IDLE", "BATCH"), "50500");
}

TEST_P(FairClassesTest, IdleTask_PreemptsNobodyOnWaking) {
  for (const char* hog : {"OTHER", "BATCH", "IDLE"}) {
    EXPECT_NE(TakesTheCpuAt(GetParam(), hog, "IDLE"), "50500") << hog;
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, FairClassesTest,
                         testing::Values("cfs", "eevdf"));

}  // namespace
}  // namespace jiffy::sched::sim
