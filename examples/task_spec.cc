#include "examples/task_spec.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "examples/fib.h"
#include "examples/fib_workload.h"
#include "examples/sort.h"
#include "examples/sort_workload.h"
#include "examples/workload.h"

namespace jiffy::examples {
namespace {

absl::Status Bad(absl::string_view part, absl::string_view entry,
                 absl::string_view allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", part, "' in '", entry, "': ", allowed));
}

absl::StatusOr<TaskSpec> ParseTaskSpec(absl::string_view entry) {
  if (entry.empty()) {
    return absl::InvalidArgumentError(
        "an entry is empty; it must be KIND[:COUNT[:PRIORITY]], such as "
        "sort:3");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(entry, ':');
  TaskSpec spec;
  if (parts[0] == "fib") {
    spec.kind = TaskKind::kFib;
  } else if (parts[0] != "sort") {
    return Bad(parts[0], entry, "not a kind of task; there are sort and fib");
  }
  if (parts.size() > 1 && (!absl::SimpleAtoi(parts[1], &spec.count) ||
                           spec.count < 1 || spec.count > kMaxTasks)) {
    return Bad(
        parts[1], entry,
        absl::StrCat("the number of tasks must be from 1 to ", kMaxTasks));
  }
  if (parts.size() > 2 && (!absl::SimpleAtoi(parts[2], &spec.priority) ||
                           spec.priority < 1 || spec.priority > kMaxPriority)) {
    return Bad(parts[2], entry,
               absl::StrCat("the priority must be from 1 to ", kMaxPriority));
  }
  if (parts.size() > 3) {
    return Bad(parts[3], entry, "an entry is KIND[:COUNT[:PRIORITY]]");
  }
  return spec;
}

// "sort.quick", and from the second round on "sort.quick.2".
std::string NameOf(absl::string_view kind, absl::string_view variant,
                   size_t round) {
  std::string name = absl::StrCat(kind, ".", variant);
  if (round > 0) absl::StrAppend(&name, ".", round + 1);
  return name;
}

template <typename T>
std::unique_ptr<Workload> MakeSort(
    size_t index, const std::shared_ptr<const SortInput<T>>& input) {
  const std::span<const SortAlgorithm<T>> algorithms = FastSortAlgorithms<T>();
  const SortAlgorithm<T>& algorithm = algorithms[index % algorithms.size()];
  return std::make_unique<SortWorkload<T>>(
      NameOf("sort", algorithm.name, index / algorithms.size()), algorithm,
      input);
}

// Makes fib tasks; every second one is the partner of the one before it.
class FibMaker {
 public:
  explicit FibMaker(int last_naive) : last_naive_(last_naive) {}

  std::unique_ptr<Workload> Make() {
    const bool even = made_ % 2 == 0;
    auto task = std::make_unique<FibWorkload>(
        NameOf("fib", even ? "even" : "odd", made_ / 2),
        even ? Parity::kEven : Parity::kOdd, last_naive_);
    if (!even) {
      task->set_partner(previous_);
      previous_->set_partner(task.get());
    }
    previous_ = task.get();
    made_++;
    return task;
  }

 private:
  const int last_naive_;
  size_t made_ = 0;
  FibWorkload* previous_ = nullptr;
};

}  // namespace

absl::StatusOr<std::vector<TaskSpec>> ParseTaskSpecs(absl::string_view text) {
  std::vector<TaskSpec> specs;
  int tasks = 0;
  for (const absl::string_view entry : absl::StrSplit(text, ',')) {
    absl::StatusOr<TaskSpec> spec = ParseTaskSpec(entry);
    if (!spec.ok()) return spec.status();
    specs.push_back(*spec);
    tasks += spec->count;
    if (tasks > kMaxTasks) {
      return Bad(entry, text,
                 absl::StrCat("there can be ", kMaxTasks, " tasks in all"));
    }
  }
  return specs;
}

std::vector<std::unique_ptr<Workload>> MakeWorkloads(
    const std::vector<TaskSpec>& specs, const WorkOptions& options) {
  std::vector<std::unique_ptr<Workload>> workloads;
  size_t sorts = 0;
  FibMaker fibs(options.last_naive_fib);
  const auto make_sort = [&sorts](const auto& input) {
    return MakeSort(sorts++, input);
  };
  for (const TaskSpec& spec : specs) {
    for (int i = 0; i < spec.count; ++i) {
      if (spec.kind == TaskKind::kFib) {
        workloads.push_back(fibs.Make());
      } else {
        workloads.push_back(std::visit(make_sort, options.sort_input));
      }
      workloads.back()->set_priority(spec.priority);
    }
  }
  return workloads;
}

}  // namespace jiffy::examples
