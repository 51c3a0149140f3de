// The metrics of a run, calculated by hand.
#include "sched/sim/metrics.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "sched/sim/histogram.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

RunMetrics MetricsOf(std::string_view text, const SimOptions& options) {
  MetricsSink sink;
  const Outcome outcome = RunWorkload(text, options, {&sink});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  return sink.result();
}

TEST(Metrics, HogsUnderRoundRobin) {
  // A 0-10 and 20-25 ms, B 10-20 and 25-40.
  const RunMetrics run = MetricsOf(
      R"({"tasks": {"A": {"loop": 1, "run": 15000},
                    "B": {"loop": 1, "run": 25000}}})",
      {.policy = "rr"});
  EXPECT_EQ(run.elapsed_us, 40'000);
  EXPECT_EQ(run.switches, 5u);
  EXPECT_EQ(run.exited, 2u);
  EXPECT_DOUBLE_EQ(run.utilization, 1);
  EXPECT_DOUBLE_EQ(run.throughput, 2 / 0.040);
  EXPECT_DOUBLE_EQ(run.fairness, 40. * 40 / (2 * (15. * 15 + 25. * 25)));

  const TaskMetrics& a = run.tasks[0];
  EXPECT_EQ(a.name, "A-0");
  EXPECT_EQ(a.cpu_us, 15'000);
  EXPECT_DOUBLE_EQ(a.share, 15. / 40);
  EXPECT_EQ(a.switches, 2u);
  EXPECT_EQ(a.preemptions, 1u);
  EXPECT_EQ(a.waiting_us, 10'000);
  EXPECT_EQ(a.longest_wait_us, 10'000);
  EXPECT_EQ(a.bursts, 1u);
  EXPECT_EQ(a.turnaround_us, 25'000);
  EXPECT_EQ(a.wakeups, 0u);

  const TaskMetrics& b = run.tasks[1];
  EXPECT_EQ(b.waiting_us, 15'000);
  EXPECT_EQ(b.preemptions, 1u);
  EXPECT_EQ(b.turnaround_us, 40'000);
}

TEST(Metrics, WakeupLatency_IsFromTheWakeupToTheCpu) {
  // B wakes at 5, 10, ... but A has the CPU until 8: latencies 3, then 0.
  const RunMetrics run = MetricsOf(
      R"({"tasks": {"A": {"loop": 1, "run": 8000},
                    "B": {"loop": 3, "delay": 5000, "run": 1000,
                          "sleep": 4000}}})",
      {.policy = "fifo"});
  const TaskMetrics& b = run.tasks[1];
  // The ends of the delay, of the two sleeps, and of the third, at which it
  // exits.
  EXPECT_EQ(b.wakeups, 4u);
  EXPECT_EQ(b.latency_p50_us, 0);
  EXPECT_EQ(b.latency_max_us, 3'000);
  EXPECT_EQ(b.latency_p99_us, 3'000);
  EXPECT_EQ(b.waiting_us, 3'000);
  // From 5 ms, where it starts, to its exit: 8 + 3 * 5 ms.
  EXPECT_EQ(b.turnaround_us, 18'000);
}

TEST(Metrics, Yield_IsNoPreemption) {
  const RunMetrics run = MetricsOf(
      R"({"tasks": {"A": {"instance": 2, "loop": 2, "run": 1000,
                          "yield": ""}}})",
      {.policy = "fifo"});
  EXPECT_EQ(run.tasks[0].preemptions, 0u);
  EXPECT_EQ(run.tasks[0].switches, 3u);
}

TEST(Metrics, EndOfTheRun_CountsWhatIsUnderWay) {
  const RunMetrics run =
      MetricsOf(R"({"tasks": {"A": {"run": 100000}, "B": {"run": 100000}}})",
                {.policy = "fifo", .cpus = 1, .duration_us = 30'000});
  EXPECT_EQ(run.elapsed_us, 30'000);
  EXPECT_EQ(run.tasks[0].cpu_us, 30'000);
  EXPECT_EQ(run.tasks[0].turnaround_us, -1);
  EXPECT_EQ(run.tasks[1].waiting_us, 30'000);
  EXPECT_EQ(run.tasks[1].longest_wait_us, 30'000);
  // One of two tasks gets everything.
  EXPECT_DOUBLE_EQ(run.fairness, 0.5);
}

TEST(Metrics, ManyCpus_UtilizationIsOfAll) {
  const RunMetrics run = MetricsOf(
      R"({"tasks": {"A": {"loop": 1, "run": 3000}, "B": {"loop": 1,
                                                         "run": 1000}}})",
      {.policy = "fifo", .cpus = 2});
  EXPECT_EQ(run.elapsed_us, 3'000);
  EXPECT_DOUBLE_EQ(run.utilization, 4. / 6);
}

TEST(Metrics, NobodyRan_IsFair) {
  const RunMetrics run = MetricsOf(
      R"({"tasks": {"A": {"loop": 0, "phases": {"p": {"run": 1}}}}})", {});
  EXPECT_EQ(run.elapsed_us, 0);
  EXPECT_DOUBLE_EQ(run.fairness, 1);
  EXPECT_DOUBLE_EQ(run.utilization, 0);
}

TEST(Histogram, SmallValues_AreExact) {
  Histogram histogram;
  for (int64_t value = 1; value <= 60; ++value) histogram.Add(value);
  EXPECT_EQ(histogram.count(), 60u);
  EXPECT_EQ(histogram.Quantile(0.5), 30);
  EXPECT_EQ(histogram.Quantile(0.99), 60);
  EXPECT_EQ(histogram.Quantile(0), 1);
  EXPECT_EQ(histogram.Quantile(1), 60);
}

TEST(Histogram, LargeValues_AreTooLargeByLessThanAThirtySecond) {
  // A neighbour in the same bucket represents the value.
  for (int64_t value = 1; value < int64_t{1} << 37; value = value * 5 / 4 + 1) {
    Histogram histogram;
    histogram.Add(value);
    for (int64_t up = 0; up <= value / 16; up += value / 1000 + 1) {
      histogram.Add(value + up);
    }
    const int64_t quantile = histogram.Quantile(0);
    EXPECT_GE(quantile, value);
    EXPECT_LT(static_cast<double>(quantile - value),
              static_cast<double>(value) / 32)
        << value;
  }
}

TEST(Histogram, EqualValues_AreExact_HoweverLarge) {
  Histogram histogram;
  for (int i = 0; i < 100; ++i) histogram.Add(1'000'003);
  histogram.Add(5'000'000);
  EXPECT_EQ(histogram.Quantile(0.5), 1'000'003);
  EXPECT_EQ(histogram.Quantile(0.99), 1'000'003);
}

TEST(Histogram, NothingAdded_IsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_EQ(histogram.max(), 0);
}

TEST(Histogram, ValuesBeyondItsRange_CountAsTheLargest) {
  Histogram histogram;
  histogram.Add(INT64_MAX);
  EXPECT_EQ(histogram.max(), INT64_MAX);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.Quantile(0.5), INT64_MAX);
}

}  // namespace
}  // namespace jiffy::sched::sim
