// Runs workloads for tests, live and simulated.
#ifndef JIFFY_TESTS_LAB_LIVE_TESTING_H_
#define JIFFY_TESTS_LAB_LIVE_TESTING_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "sched/sim/engine.h"
#include "sched/sim/rt_app_parser.h"
#include "tools/lab/live/live_run.h"

namespace jiffy::lab {

using sched::sim::SimOptions;
using sched::sim::SimResult;
using sched::sim::TraceSink;

// The outcome of a run.
struct Ran {
  absl::Status status;
  SimResult result;
  // One note a line.
  std::string notes;
};

using Runner = absl::StatusOr<SimResult> (*)(const sched::sim::Workload&,
                                             const SimOptions&,
                                             const std::vector<TraceSink*>&);

// The file is called "w.json".
inline Ran RunWith(Runner runner, std::string_view text,
                   const SimOptions& options,
                   const std::vector<TraceSink*>& sinks) {
  auto workload = sched::sim::ParseWorkload(text, "w.json");
  EXPECT_TRUE(workload.ok()) << workload.status();
  Ran ran;
  const auto result = runner(*workload, options, sinks);
  ran.status = result.status();
  if (result.ok()) {
    ran.result = *result;
    ran.notes = absl::StrJoin(result->notes, "\n");
  }
  return ran;
}

inline Ran Live(std::string_view text, const SimOptions& options,
                const std::vector<TraceSink*>& sinks) {
  return RunWith(&RunLive, text, options, sinks);
}

inline Ran Simulated(std::string_view text, const SimOptions& options,
                     const std::vector<TraceSink*>& sinks = {}) {
  return RunWith(&sched::sim::Simulate, text, options, sinks);
}

}  // namespace jiffy::lab

#endif  // JIFFY_TESTS_LAB_LIVE_TESTING_H_
