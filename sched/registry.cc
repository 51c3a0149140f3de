#include "sched/registry.h"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sched/built_in_policies.h"
#include "sched/fifo.h"
#include "sched/linux001.h"
#include "sched/random.h"
#include "sched/round_robin.h"

namespace jiffy::sched {
namespace {

// The built-in policies. To add a policy, add a line here.
std::vector<PolicyInfo> BuiltInPolicies() {
  using Config = PolicyConfig;
  const auto name = [](std::string_view text) { return std::string(text); };
  return {
      {name(Fifo::kName), "first come, first served: each task runs to block",
       [](const Config&) { return std::make_unique<Fifo>(); }},
      {name(RoundRobin::kName), "round-robin: in turn, for a time slice each",
       [](const Config& c) {
         return std::make_unique<RoundRobin>(c.slice_ns);
       }},
      {name(Random::kName), "a seeded random pick, for a time slice",
       [](const Config& c) {
         return std::make_unique<Random>(c.slice_ns, c.seed);
       }},
      {name(Linux001::kName), "Linux 0.01 (1991): 64 slots, counters, recharge",
       [](const Config&) { return std::make_unique<Linux001>(); }},
      Linux24Info(),
      LinuxO1Info(),
      CfsInfo(),
      EevdfInfo(),
      LotteryInfo(),
      StrideInfo(),
      MlfqInfo(),
      EdfInfo(),
  };
}

class Registry {
 public:
  // Never destroyed, so that destructors of other objects may still use it.
  static Registry& Get() {
    static Registry* const registry = new Registry;
    return *registry;
  }

  absl::Status Add(PolicyInfo info) {
    auto longer = std::make_unique<Version>();
    longer->before = newest_.load(std::memory_order_acquire);
    do {
      longer->policies = longer->before->policies;
      for (const PolicyInfo& known : longer->policies) {
        if (known.name == info.name) {
          return absl::AlreadyExistsError(absl::StrCat(
              "a scheduler named \"", info.name, "\" is registered already"));
        }
      }
      longer->policies.push_back(info);
    } while (!newest_.compare_exchange_strong(longer->before, longer.get(),
                                              std::memory_order_acq_rel));
    longer.release();
    return absl::OkStatus();
  }

  std::vector<PolicyInfo> All() const {
    return newest_.load(std::memory_order_acquire)->policies;
  }

 private:
  // Immutable once it is the newest, and never freed. So no lock is needed,
  // which could stay locked in the child of a fork.
  struct Version {
    std::vector<PolicyInfo> policies;
    Version* before = nullptr;
  };

  Registry() : newest_(new Version{.policies = BuiltInPolicies()}) {}

  std::atomic<Version*> newest_;
};

// For absl::StrJoin.
constexpr auto kAppendName = [](std::string* out, const auto& named) {
  out->append(named.name);
};

absl::Status CheckConfig(const PolicyInfo& policy, const PolicyConfig& config) {
  if (config.slice_ns <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "slice_ns is ", config.slice_ns, "; a time slice must be positive"));
  }
  std::set<std::string> allowed;
  for (const PolicyParam& param : policy.params) allowed.insert(param.name);
  std::set<std::string> seen;
  for (const auto& [name, value] : config.params) {
    if (!allowed.contains(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown parameter \"", name, "\" of scheduler \"", policy.name,
          "\"; ",
          allowed.empty()
              ? "it takes none"
              : absl::StrCat("allowed: ",
                             absl::StrJoin(policy.params, ", ", kAppendName))));
    }
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\" of scheduler \"", policy.name,
                       "\" is given twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RegisterPolicy(PolicyInfo info) {
  if (info.name.empty()) {
    return absl::InvalidArgumentError("a scheduler must have a name");
  }
  if (!info.factory) {
    return absl::InvalidArgumentError(
        absl::StrCat("scheduler \"", info.name, "\" has no factory"));
  }
  return Registry::Get().Add(std::move(info));
}

absl::StatusOr<std::unique_ptr<Scheduler>> MakePolicy(
    std::string_view name, const PolicyConfig& config) {
  const std::vector<PolicyInfo> policies = AllPolicies();
  for (const PolicyInfo& policy : policies) {
    if (policy.name != name) continue;
    if (absl::Status status = CheckConfig(policy, config); !status.ok()) {
      return status;
    }
    return policy.factory(config);
  }
  return absl::NotFoundError(
      absl::StrCat("unknown scheduler \"", std::string(name),
                   "\"; known: ", absl::StrJoin(policies, ", ", kAppendName)));
}

std::vector<PolicyInfo> AllPolicies() { return Registry::Get().All(); }

}  // namespace jiffy::sched
