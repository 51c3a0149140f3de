// Common code of the tests of all policies.
#ifndef JIFFY_TESTS_SCHED_POLICIES_H_
#define JIFFY_TESTS_SCHED_POLICIES_H_

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "sched/registry.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {

// Slices of three ticks, where a policy has slices.
inline constexpr int kSliceTicks = 3;

// Returns the seed of the random tests: JIFFY_SEED, or else always the same.
inline unsigned Seed() {
  const char* const seed = std::getenv("JIFFY_SEED");
  return seed == nullptr ? 1 : static_cast<unsigned>(std::atol(seed));
}

inline std::unique_ptr<Scheduler> Make(const std::string& policy) {
  auto made = MakePolicy(policy, {.slice_ns = kSliceTicks * FakeHost::kTickNs});
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

// Returns a policy's name in a form that a test's name may have.
inline std::string TestName(std::string policy) {
  std::replace_if(
      policy.begin(), policy.end(), [](char c) { return !std::isalnum(c); },
      '_');
  return policy;
}

}  // namespace jiffy::sched

#endif  // JIFFY_TESTS_SCHED_POLICIES_H_
