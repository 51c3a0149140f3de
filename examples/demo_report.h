// The demo's texts before and after the run.
#ifndef JIFFY_EXAMPLES_DEMO_REPORT_H_
#define JIFFY_EXAMPLES_DEMO_REPORT_H_

#include <string>

#include "absl/time/time.h"
#include "examples/demo_flags.h"
#include "examples/demo_run.h"
#include "examples/screen.h"

namespace jiffy::examples {

// Describes what will run, and how.
std::string DescribeDemo(const Screen& screen, const DemoOptions& options);

// Shows who ran when, and the metrics and the result of each task.
// `longest_gap` is the longest time between two updates of the progress
// display.
std::string DescribeResult(const Screen& screen, const DemoResult& result,
                           absl::Duration longest_gap);

// Returns the exit status: 0 if all results are right, else 1.
int ExitStatus(const DemoResult& result);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_REPORT_H_
