// libFuzzer's entry. Any text is either a workload file, which can be
// simulated, or is rejected with a message that names the position of the
// error.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sched/sim/engine.h"
#include "sched/sim/rt_app_parser.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {
namespace {

constexpr absl::string_view kFile = "fuzz.json";

void Require(bool holds, const char* what, const absl::Status& status) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  std::abort();
}

// Reads a number and the colon behind it.
bool SkipNumber(absl::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ++digits;
  }
  if (digits == 0 || digits == text.size() || text[digits] != ':') return false;
  text.remove_prefix(digits + 1);
  return true;
}

// "fuzz.json:LINE:COLUMN: something", in one line.
bool SaysWhere(absl::string_view message) {
  if (message.substr(0, kFile.size()) != kFile) return false;
  message.remove_prefix(kFile.size());
  if (message.empty() || message[0] != ':') return false;
  message.remove_prefix(1);
  return SkipNumber(message) && SkipNumber(message) && message.size() > 2 &&
         message.find('\n') == absl::string_view::npos;
}

int64_t CountThreads(const Workload& workload) {
  int64_t threads = 0;
  for (const TaskSpec& task : workload.tasks) threads += task.instances;
  return threads;
}

void Simulate(const Workload& workload, const char* policy) {
  // Long enough to run everything; shorter than a user's limit for loops in
  // which no time passes.
  const auto result = sim::Simulate(
      workload,
      {.policy = policy, .duration_us = 3'000, .max_events_at_once = 10'000},
      {});
  if (result.ok()) return;
  Require(!absl::IsInternal(result.status()), "the policy did wrong",
          result.status());
  Require(SaysWhere(result.status().message()), "a run's error says not where",
          result.status());
}

}  // namespace
}  // namespace jiffy::sched::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jiffy::sched::sim;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto workload = ParseWorkload(text, std::string(kFile));
  if (!workload.ok()) {
    Require(SaysWhere(workload.status().message()),
            "the error says not where it is", workload.status());
    return 0;
  }
  for (const std::string& note : workload->notes) {
    Require(SaysWhere(note), "a note says not where it is",
            absl::UnknownError(note));
  }
  // Many threads take long, and test no more than few.
  constexpr int64_t kMostThreads = 200;
  if (CountThreads(*workload) > kMostThreads) return 0;
  Simulate(*workload, "rr");
  Simulate(*workload, "eevdf");
  return 0;
}
