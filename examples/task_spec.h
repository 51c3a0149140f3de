// The demo's tasks as the command line describes them.
#ifndef JIFFY_EXAMPLES_TASK_SPEC_H_
#define JIFFY_EXAMPLES_TASK_SPEC_H_

#include <memory>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "examples/sort_workload.h"
#include "examples/workload.h"

namespace jiffy::examples {

enum class TaskKind { kSort, kFib };

struct TaskSpec {
  TaskKind kind = TaskKind::kSort;
  int count = 1;
  // In the policy's own unit; 0 is its default.
  int priority = 0;

  friend bool operator==(const TaskSpec&, const TaskSpec&) = default;
};

inline constexpr int kMaxTasks = 1000;
inline constexpr int kMaxPriority = 1'000'000;

// Parses "KIND[:COUNT[:PRIORITY]],...": "sort:3,fib", "sort:2:30,fib:2:15".
// Errors: InvalidArgument names the part that is wrong and what is allowed.
absl::StatusOr<std::vector<TaskSpec>> ParseTaskSpecs(absl::string_view text);

struct WorkOptions {
  std::variant<std::shared_ptr<const SortNumbers>,
               std::shared_ptr<const SortLines>>
      sort_input;
  // The last term that fib tasks compute by naive recursion.
  int last_naive_fib = 0;
};

// Makes the workloads. Sort tasks take the algorithms in turn; fib tasks come
// in pairs, even and odd terms.
std::vector<std::unique_ptr<Workload>> MakeWorkloads(
    const std::vector<TaskSpec>& specs, const WorkOptions& options);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_TASK_SPEC_H_
