// The shares of nice values, through the whole simulator.
#include <string>

#include "gtest/gtest.h"
#include "sched/sim/metrics.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

class NiceSharesTest : public testing::TestWithParam<std::string> {};

TEST_P(NiceSharesTest, Nice0Against5_Is1024To335Within1Percent) {
  MetricsSink metrics;
  const Outcome outcome = RunWorkload(R"({
      "tasks": {"zero": {"run": 100000}, "five": {"priority": 5, "run": 100000}},
      "global": {"duration": 60}})",
                                      {.policy = GetParam()}, {&metrics});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  const auto& tasks = metrics.result().tasks;
  ASSERT_EQ(tasks.size(), 2u);
  const double expected = 1024.0 / 335;
  EXPECT_NEAR(tasks[0].share / tasks[1].share, expected, expected / 100);
}

TEST_P(NiceSharesTest, WithASleeperBesideThem_StaysWithin1Percent) {
  MetricsSink metrics;
  const Outcome outcome = RunWorkload(R"({
      "tasks": {"zero": {"run": 3000},
                "five": {"priority": 5, "run": 3000},
                "sleeper": {"run": 500, "sleep": 9500}},
      "global": {"duration": 60}})",
                                      {.policy = GetParam()}, {&metrics});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  const auto& tasks = metrics.result().tasks;
  const double expected = 1024.0 / 335;
  EXPECT_NEAR(tasks[0].share / tasks[1].share, expected, expected / 100);
}

// 1024 to 3.
TEST_P(NiceSharesTest, IdleClass_GetsThreeThousandths) {
  MetricsSink metrics;
  const Outcome outcome = RunWorkload(R"({
      "tasks": {"normal": {"run": 100000},
                "idle": {"policy": "SCHED_IDLE", "run": 100000}},
      "global": {"duration": 200}})",
                                      {.policy = GetParam()}, {&metrics});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_NEAR(metrics.result().tasks[1].share, 3.0 / 1027, 3.0 / 1027 / 50);
}

INSTANTIATE_TEST_SUITE_P(Policies, NiceSharesTest,
                         testing::Values("cfs", "eevdf"));

}  // namespace
}  // namespace jiffy::sched::sim
