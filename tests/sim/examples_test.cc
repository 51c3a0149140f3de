// The workloads in examples/workloads: each runs under every policy, and
// behaves as its comment says.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "sched/registry.h"
#include "sched/sim/engine.h"
#include "sched/sim/metrics.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

constexpr char kFolder[] = "examples/workloads";

std::string ReadExample(const std::string& name) {
  std::ifstream file(std::filesystem::path(kFolder) / name);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Examples() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json") {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

RunMetrics Figures(const std::string& example, const std::string& policy) {
  MetricsSink sink;
  const Outcome outcome =
      RunWorkload(ReadExample(example), {.policy = policy}, {&sink});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  return sink.result();
}

TEST(Examples, EveryOne_RunsUnderEveryPolicy) {
  EXPECT_EQ(Examples().size(), 8u);
  for (const std::string& name : Examples()) {
    const std::string text = ReadExample(name);
    EXPECT_EQ(text.substr(0, 2), "/*") << name << " does not say what it shows";
    const Workload workload = MustParse(text);
    for (const PolicyInfo& policy : AllPolicies()) {
      const Outcome outcome = RunWorkload(workload, {.policy = policy.name});
      EXPECT_TRUE(outcome.status.ok())
          << name << " under " << policy.name << ": " << outcome.status;
      // A policy may lack a class; no other note may come.
      for (const absl::string_view note :
           absl::StrSplit(outcome.notes, '\n', absl::SkipEmpty())) {
        EXPECT_TRUE(absl::StrContains(note, " has no SCHED_"))
            << name << " under " << policy.name << ": " << note;
      }
    }
  }
}

TEST(Examples, ThreeSlots_SleeperComesOutOfTheRechargeWith210Ms) {
  const Outcome outcome = RunWorkload(ReadExample("linux001_three_slots.json"),
                                      {.policy = "linux-0.01"});
  EXPECT_TRUE(absl::StrContains(outcome.switches,
                                "480000,0,B-1,R,C-2\n690000,0,C-2,R,A-0\n"))
      << outcome.switches;
}

TEST(Examples, NiceLadder_UnderLinux001_IsTicksOf75) {
  const RunMetrics run = Figures("nice_ladder.json", "linux-0.01");
  const double ticks[] = {25, 20, 15, 10, 5};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(run.tasks[i].share, ticks[i] / 75, 0.01);
  }
}

TEST(Examples, PriorityInversion_HighWaitsForMedium) {
  const RunMetrics run = Figures("priority_inversion.json", "linux-2.4");
  EXPECT_EQ(run.tasks[2].name, "high-2");
  // Counted from 0, where it starts, not from 10 ms, where it wakes.
  EXPECT_EQ(run.tasks[2].turnaround_us, 125'000);
}

TEST(Examples, Convoy_FifoGetsAFifthDone) {
  EXPECT_GT(Figures("convoy.json", "rr").throughput,
            4 * Figures("convoy.json", "fifo").throughput);
}

TEST(Examples, RateMonotonic_IsLateAt8Ms_EarliestDeadlineIsNot) {
  EXPECT_TRUE(absl::StrContains(
      RunWorkload(ReadExample("rate_monotonic.json"), {.policy = "linux-2.4"})
          .switches,
      "\n8000,0,slow-1,S,idle\n"));
  EXPECT_TRUE(absl::StrContains(
      RunWorkload(ReadExample("earliest_deadline.json"), {.policy = "edf"})
          .switches,
      "\n6000,0,slow-1,S,fast-0\n"));
}

}  // namespace
}  // namespace jiffy::sched::sim
