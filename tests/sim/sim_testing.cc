#include "tests/sim/sim_testing.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "sched/sim/rt_app_parser.h"

namespace jiffy::sched::sim {
namespace {

std::string NameOf(const TraceTask* task) {
  return task == nullptr ? "idle" : task->name;
}

}  // namespace

Workload MustParse(std::string_view text) {
  auto workload = ParseWorkload(text, "w.json");
  if (!workload.ok()) {
    ADD_FAILURE() << workload.status();
    return MustParse(
        R"({"tasks": {"none": {"loop": 0, "phases": {"p": {"run": 1}}}}})");
  }
  return *std::move(workload);
}

void SwitchLog::OnSwitch(const SwitchEvent& event) {
  absl::StrAppend(&text_, event.time_us, ",", event.cpu, ",",
                  NameOf(event.prev), ",", std::string(1, event.prev_state),
                  ",", NameOf(event.next), "\n");
}

Outcome RunWorkload(const Workload& workload, const SimOptions& options,
                    const std::vector<TraceSink*>& more_sinks) {
  SwitchLog log;
  std::vector<TraceSink*> sinks = more_sinks;
  sinks.push_back(&log);
  const auto result = Simulate(workload, options, sinks);
  Outcome outcome;
  outcome.status = result.status();
  outcome.switches = log.text();
  if (result.ok()) {
    outcome.end_us = result->end_us;
    outcome.notes = absl::StrJoin(result->notes, "\n");
  }
  return outcome;
}

Outcome RunWorkload(std::string_view text, const SimOptions& options,
                    const std::vector<TraceSink*>& more_sinks) {
  return RunWorkload(MustParse(text), options, more_sinks);
}

std::string SwitchesUnder(const std::string& policy, std::string_view text,
                          std::optional<int64_t> duration_us) {
  const Outcome outcome =
      RunWorkload(text, {.policy = policy, .duration_us = duration_us});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  return absl::StrCat("\n", outcome.switches);
}

}  // namespace jiffy::sched::sim
