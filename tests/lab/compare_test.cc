#include "tools/lab/compare.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jiffy::lab {
namespace {

using sched::sim::RunMetrics;

TEST(ComparisonTablesTest, EachTask_HasBothFiguresAndTheDifference) {
  RunMetrics simulated;
  simulated.elapsed_us = 1'000'000;
  simulated.switches = 12;
  simulated.tasks = {{.name = "A-0",
                      .share = 0.5,
                      .switches = 10,
                      .preemptions = 4,
                      .wakeups = 3,
                      .latency_p50_us = 100,
                      .latency_p99_us = 2'000,
                      .latency_max_us = 2'000},
                     {.name = "B-1", .share = 0.25, .switches = 2},
                     {.name = "fork-2-0000", .share = 0.25}};
  RunMetrics live = simulated;
  live.switches = 11;
  live.tasks[0].share = 0.4;
  live.tasks[0].switches = 9;
  live.tasks[0].preemptions = 6;
  live.tasks[0].latency_p50_us = 250;
  live.tasks[0].latency_p99_us = 1'999;
  // The tasks in the other order, and a fork with another number.
  std::swap(live.tasks[0], live.tasks[1]);
  live.tasks[2].name = "fork-3-0000";
  EXPECT_EQ(
      ComparisonTables(simulated, live),
      "task          share    live    diff  switches  live  diff  preempted  "
      "live  diff\n"
      "A-0          50.00%  40.00%  -10.00        10     9    -1          4   "
      "  6    +2\n"
      "B-1          25.00%  25.00%    0.00         2     2     0          0   "
      "  0     0\n"
      "fork-2-0000  25.00%       -       -         0     -     -          0   "
      "  -     -\n"
      "fork-3-0000       -  25.00%       -         -     0     -          -   "
      "  0     -\n"
      "\n"
      "task         latency p50   live    diff    p99   live    diff    max   "
      "live   diff\n"
      "A-0                0.100  0.250  +0.150  2.000  1.999  -0.001  2.000  "
      "2.000  0.000\n"
      "B-1                    -      -       -      -      -       -      -   "
      "   -      -\n"
      "fork-2-0000            -      -       -      -      -       -      -   "
      "   -      -\n"
      "fork-3-0000            -      -       -      -      -       -      -   "
      "   -      -\n"
      "\n"
      "whole run           simulated      live    diff\n"
      "ms                   1000.000  1000.000   0.000\n"
      "CPU busy                0.00%     0.00%    0.00\n"
      "switches                   12        11      -1\n"
      "runs done a second        0.0       0.0     0.0\n"
      "tasks exited                0         0       0\n"
      "Jain fairness          1.0000    1.0000  0.0000\n");
}

}  // namespace
}  // namespace jiffy::lab
