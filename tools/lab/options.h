// The command line of the scheduling laboratory.
#ifndef JIFFY_TOOLS_LAB_OPTIONS_H_
#define JIFFY_TOOLS_LAB_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace jiffy::lab {

struct Options {
  // Workloads; "-" is standard input.
  std::vector<std::string> files;
  std::vector<std::string> policies;
  int cpus = 1;
  uint64_t seed = 1;
  // sim::kForever: until all tasks have ended.
  std::optional<int64_t> duration_us;
  std::optional<int64_t> tick_us;
  int64_t slice_us = 10'000;
  std::vector<std::pair<std::string, std::string>> params;
  // Rows of the table of tasks; 0: all.
  size_t tasks = 40;
  bool list = false;
  bool help = false;
  bool explain = false;
  // On green threads, rather than simulated; or both, side by side.
  bool live = false;
  bool compare = false;
  // Mutexes pass priority on, whatever the file says.
  bool inherit = false;
  // Output files; empty: none, "-": standard output.
  std::string csv;
  std::string chrome;
  std::string ftrace;
  // The page of all runs.
  std::string html;

  // Returns whether an output goes to standard output, in place of the report.
  bool WritesToStdout() const {
    return csv == "-" || chrome == "-" || ftrace == "-" || html == "-";
  }
};

// Reads the arguments (without the program's name).
// Errors: InvalidArgument names the argument and what is allowed.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

// Returns what --help prints.
std::string Usage();

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_OPTIONS_H_
