// The demo, from its options to its exit status.
#ifndef JIFFY_EXAMPLES_DEMO_H_
#define JIFFY_EXAMPLES_DEMO_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/demo_flags.h"
#include "examples/screen.h"
#include "examples/workload.h"

namespace jiffy::examples {

// Makes the workloads that the options ask for. Errors: those of reading the
// file to sort.
absl::StatusOr<std::vector<std::unique_ptr<Workload>>> MakeDemoWorkloads(
    const DemoOptions& options);

// Runs the workloads, shows progress and results, and writes the JSON file.
// Returns the exit status: 0 if all results are right; 1 if one is wrong, or
// the run failed; 2 if an option is at fault. Prints errors to standard error.
int RunDemo(const DemoOptions& options, const Screen& screen,
            const std::vector<std::unique_ptr<Workload>>& workloads);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_H_
