// Runs workloads for tests and writes down what happened.
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

// Parses a workload that is meant to be good; fails the test if it is not. The
// file is called "w.json".
Workload MustParse(std::string_view text);

// The switches of a run, a line each, as in the CSV format: time in
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
  // One a line.
  std::string notes;
};

// Runs a workload. The switches of a run that fails are those up to then.
Outcome RunWorkload(const Workload& workload, const SimOptions& options,
                    const std::vector<TraceSink*>& more_sinks = {});
Outcome RunWorkload(std::string_view text, const SimOptions& options,
                    const std::vector<TraceSink*>& more_sinks = {});

// The same, under a policy with all else as it comes, for runs that must not
// fail: returns the switches, led by a line break so that they can be compared
// with a raw string.
std::string SwitchesUnder(const std::string& policy, std::string_view text,
                          std::optional<int64_t> duration_us = std::nullopt);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_TESTS_SIM_SIM_TESTING_H_
