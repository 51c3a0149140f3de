// The scheduling parameters of a workload file: policy, priority, deadline.
#ifndef JIFFY_SCHED_SIM_RT_APP_SCHED_H_
#define JIFFY_SCHED_SIM_RT_APP_SCHED_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sched/sim/json_tree.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Reads "SCHED_OTHER" and its like.
absl::StatusOr<TaskPolicy> ReadTaskPolicy(const Source& source,
                                          const JsonNode& node);

// Gathers the scheduling parameters of one task or phase. They stand in any
// order, and what a priority may be depends on the policy: hence Finish.
class SchedReader {
 public:
  explicit SchedReader(const Source& source) : source_(source) {}

  // Returns whether a key is one of the parameters.
  static bool Knows(std::string_view key);

  absl::Status Read(const JsonNode& node);
  // Reads what tasks of older files say instead of "dl-runtime" and its like:
  // "runtime", "period", "deadline". Counts under SCHED_DEADLINE, where there
  // is no younger one.
  absl::Status ReadLegacy(const JsonNode& node);

  // Returns the parameters, where those that were not given are as in `before`
  // or, where a policy was given, as its defaults. A phase `inherits`: it has
  // no parameters of its own if none was given.
  absl::StatusOr<std::optional<SchedParams>> Finish(SchedParams before,
                                                    bool inherits) const;

 private:
  const Source& source_;
  std::optional<TaskPolicy> policy_;
  const JsonNode* priority_ = nullptr;
  std::optional<int64_t> runtime_us_;
  std::optional<int64_t> period_us_;
  std::optional<int64_t> deadline_us_;
  std::optional<int64_t> legacy_runtime_us_;
  std::optional<int64_t> legacy_period_us_;
  std::optional<int64_t> legacy_deadline_us_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RT_APP_SCHED_H_
