// Sorting as a task of the demo.
#ifndef JIFFY_EXAMPLES_SORT_WORKLOAD_H_
#define JIFFY_EXAMPLES_SORT_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "examples/sort.h"
#include "examples/workload.h"

namespace jiffy::examples {

// The input of a sort; shared by all tasks that sort it.
template <typename T>
struct SortInput {
  std::vector<T> items;
  Fingerprint fingerprint;
  // The kind of item: "numbers", "lines".
  std::string unit;
  // Holds the text that the items point to.
  std::string storage;
};

using SortNumbers = SortInput<uint64_t>;
using SortLines = SortInput<std::string_view>;

// Returns `count` random numbers, the same ones for the same seed.
std::shared_ptr<const SortNumbers> RandomNumbers(size_t count, uint64_t seed);

// Returns the lines of a file, without their ends; a last line without an end
// counts too. Errors: NotFound, PermissionDenied and similar, with the path;
// InvalidArgument if the path is not a regular file.
absl::StatusOr<std::shared_ptr<const SortLines>> ReadLines(
    const std::string& path);

// Sorts a copy of the input.
template <typename T>
class SortWorkload final : public Workload {
 public:
  SortWorkload(std::string name, SortAlgorithm<T> algorithm,
               std::shared_ptr<const SortInput<T>> input)
      : Workload(std::move(name)),
        algorithm_(algorithm),
        input_(std::move(input)) {}

  void Run() override {
    items_ = input_->items;
    algorithm_.sort(std::span<T>(items_));
    if (error_.empty()) {
      error_ = FindSortError<T>(items_, input_->fingerprint);
    }
  }

  Verdict Check() const override {
    if (!error_.empty()) return {false, absl::StrCat("sorted: NO, ", error_)};
    return {true, absl::StrCat("sorted: yes (", items_.size(), " ",
                               input_->unit, ", permutation ok)")};
  }

 private:
  const SortAlgorithm<T> algorithm_;
  const std::shared_ptr<const SortInput<T>> input_;
  std::vector<T> items_;
  std::string error_ = {};
};

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_SORT_WORKLOAD_H_
