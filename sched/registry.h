// Scheduling policies by name.
#ifndef JIFFY_SCHED_REGISTRY_H_
#define JIFFY_SCHED_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sched/scheduler.h"

namespace jiffy::sched {

// Configuration of a policy. Each CPU makes its own instance.
struct PolicyConfig {
  // Default time slice in nanoseconds, for policies that have slices.
  int64_t slice_ns = 10'000'000;
  // Seed of policies that pick at random.
  uint64_t seed = 1;
  // Parameters of the policy by name. Unknown ones are errors.
  std::vector<std::pair<std::string, std::string>> params = {};
  // CPUs of the machine, for policies whose constants depend on it.
  int cpus = 1;
};

using PolicyFactory = std::function<absl::StatusOr<std::unique_ptr<Scheduler>>(
    const PolicyConfig& config)>;

// A parameter of a policy.
struct PolicyParam {
  std::string name;
  // Default value and description, for listings.
  std::string default_value = {};
  std::string description = {};
};

struct PolicyInfo {
  std::string name;
  // One line that says what the policy does.
  std::string description;
  PolicyFactory factory;
  // The parameters that the policy accepts. MakePolicy refuses others, so a
  // factory need not check for them.
  std::vector<PolicyParam> params = {};
};

// Adds a policy under its own name. Context: OS thread, before a run starts.
// Errors: AlreadyExists if the name is taken, InvalidArgument if the name or
// the factory is empty.
absl::Status RegisterPolicy(PolicyInfo info);

// Makes a policy by name. Context: OS thread. Errors: NotFound lists the known
// policies; InvalidArgument names an unknown or repeated parameter or a bad
// value; also errors of the policy's factory.
absl::StatusOr<std::unique_ptr<Scheduler>> MakePolicy(
    std::string_view name, const PolicyConfig& config);

// Returns all policies, the built-in ones first. Context: OS thread.
std::vector<PolicyInfo> AllPolicies();

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_REGISTRY_H_
