// Runs workloads as green threads, and reports their results.
#ifndef JIFFY_EXAMPLES_DEMO_RUN_H_
#define JIFFY_EXAMPLES_DEMO_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/progress.h"
#include "examples/workload.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {

struct TaskResult {
  std::string name;
  ThreadStats stats;
  // How often the work was done.
  int rounds = 0;
  Verdict verdict;
};

struct DemoResult {
  std::vector<TaskResult> tasks;
  SwitchTrace trace;
  // Error of writing the trace file, if one was asked for.
  absl::Status trace_written;
  // The tick that was in force at the end.
  absl::Duration tick;

  // From the first task's start to the last one's end.
  absl::Duration wall_time() const;
  bool all_correct() const;
};

// Runs each workload as a thread of its own until all are done; a workload that
// is done before `duration` has passed starts again. Errors: as Runtime::Create
// and Runtime::Run; ResourceExhausted or InvalidArgument if the policy rejects
// a thread.
absl::StatusOr<DemoResult> RunWorkloads(
    RuntimeOptions options, absl::Duration duration,
    const std::vector<std::unique_ptr<Workload>>& workloads,
    Progress& progress);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_RUN_H_
