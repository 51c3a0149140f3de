// Reads policy parameters that users give as text.
#ifndef JIFFY_SCHED_POLICY_PARAMS_H_
#define JIFFY_SCHED_POLICY_PARAMS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sched/registry.h"

namespace jiffy::sched {

// Reads the parameters of one policy. A missing parameter leaves its variable
// unchanged; status() keeps the first error.
//
//   ParamReader params(kName, config);
//   params.Int("levels", 1, 32, &levels);
//   params.Microseconds("slice_us", 50, 1'000'000, &slice_ns);
//   if (!params.status().ok()) return params.status();
//
// Context: OS thread.
class ParamReader {
 public:
  ParamReader(std::string_view policy, const PolicyConfig& config)
      : policy_(policy), config_(config) {}

  // Reads an integer, `min` to `max`.
  void Int(std::string_view name, int64_t min, int64_t max, int64_t* value);
  // Reads a time in microseconds and stores nanoseconds. The limits are in
  // microseconds.
  void Microseconds(std::string_view name, int64_t min, int64_t max,
                    int64_t* value_ns);
  // The same for one or more times, separated by commas.
  void MicrosecondsList(std::string_view name, int64_t min, int64_t max,
                        std::vector<int64_t>* values_ns);
  // Records the error that a parameter's value is not one of `allowed`.
  void Refuse(std::string_view name, std::string_view allowed);

  // Errors: InvalidArgument names the parameter, its value and what is allowed.
  const absl::Status& status() const { return status_; }

 private:
  // Returns the text of a parameter, nullptr if it is not given.
  const std::string* Find(std::string_view name) const;

  const std::string policy_;
  const PolicyConfig& config_;
  absl::Status status_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_POLICY_PARAMS_H_
