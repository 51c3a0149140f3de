// The demo's command line.
#ifndef JIFFY_EXAMPLES_DEMO_FLAGS_H_
#define JIFFY_EXAMPLES_DEMO_FLAGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/screen.h"
#include "examples/task_spec.h"

namespace jiffy::examples {

struct DemoOptions {
  std::string scheduler;
  absl::Duration slice;
  std::optional<absl::Duration> tick;
  uint64_t seed = 1;

  std::vector<TaskSpec> tasks;
  size_t size = 0;
  // Sort the lines of this file instead of numbers, if not empty.
  std::string file;
  int last_naive_fib = 0;
  // If not zero, tasks start again until this much time has passed.
  absl::Duration duration;

  // Path for the metrics, if not empty.
  std::string json;
  // Path for the page, if not empty.
  std::string html;
  // Path for the trace, if not empty.
  std::string trace;
  Toggle color = Toggle::kAuto;
  Toggle unicode = Toggle::kAuto;
};

// Parses the command line; --help, or -h, prints the usage and exits. Errors:
// InvalidArgument and NotFound name the argument, its value and what is
// allowed.
absl::StatusOr<DemoOptions> ParseDemoFlags(int argc, char** argv);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_FLAGS_H_
