// Runs workloads for tests and records what happens.
#ifndef JIFFY_TESTS_SIM_SIM_TESTING_H_
#define JIFFY_TESTS_SIM_SIM_TESTING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sched/sim/engine.h"
#include "sched/sim/trace.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Parses a workload that must be valid, else fails the test. The file is called
// "w.json".
Workload MustParse(std::string_view text);

// The switches of a run, one a line, as in the CSV format: time in
// microseconds, CPU, who left, its state, who came.
class SwitchLog final : public TraceSink {
 public:
  void OnSwitch(const SwitchEvent& event) override;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Outcome {
  absl::Status status;
  std::string switches;
  int64_t end_us = 0;
  // One note a line.
  std::string notes;
};

// Runs a workload. If the run fails, the switches are those up to then.
Outcome RunWorkload(const Workload& workload, const SimOptions& options,
                    const std::vector<TraceSink*>& more_sinks = {});
Outcome RunWorkload(std::string_view text, const SimOptions& options,
                    const std::vector<TraceSink*>& more_sinks = {});

// Does the same under a policy, with default options, for runs that must not
// fail. Returns the switches after a line break, so that they can be compared
// with a raw string.
std::string SwitchesUnder(const std::string& policy, std::string_view text,
                          std::optional<int64_t> duration_us = std::nullopt);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_TESTS_SIM_SIM_TESTING_H_
