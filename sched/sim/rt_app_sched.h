// Reads the scheduling parameters of a workload file: policy, priority,
// deadline.
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

// Reads a policy name such as "SCHED_OTHER".
absl::StatusOr<TaskPolicy> ReadTaskPolicy(const Source& source,
                                          const JsonNode& node);

// Collects the scheduling parameters of one task or phase. They come in any
// order, and the range of a priority depends on the policy, so Finish checks
// it.
class SchedReader {
 public:
  explicit SchedReader(const Source& source) : source_(source) {}

  // Returns whether a key is one of the parameters.
  static bool Knows(std::string_view key);

  absl::Status Read(const JsonNode& node);
  // Reads the older names of "dl-runtime", "dl-period" and "dl-deadline" for a
  // task: "runtime", "period", "deadline". They count only under SCHED_DEADLINE
  // and only if the newer one is missing.
  absl::Status ReadLegacy(const JsonNode& node);

  // Returns the parameters. Missing ones are as in `before` or, if a policy was
  // given, as its defaults. A phase `inherits`: if no parameter was given, it
  // has none of its own.
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
