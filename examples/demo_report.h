// What the demo says before and after the run.
#ifndef JIFFY_EXAMPLES_DEMO_REPORT_H_
#define JIFFY_EXAMPLES_DEMO_REPORT_H_

#include <string>

#include "absl/time/time.h"
#include "examples/demo_flags.h"
#include "examples/demo_run.h"
#include "examples/screen.h"

namespace jiffy::examples {

// Says what is going to run and how.
std::string DescribeDemo(const Screen& screen, const DemoOptions& options);

// Shows who ran when, the figures of each task and its result.
// `longest_gap` is how late the progress display was at its worst.
std::string DescribeResult(const Screen& screen, const DemoResult& result,
                           absl::Duration longest_gap);

// The status to exit with: 0 if all results are right, else 1.
int ExitStatus(const DemoResult& result);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_REPORT_H_
