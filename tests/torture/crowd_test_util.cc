#include "tests/torture/crowd_test_util.h"

#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/torture/crowd.h"
#include "tests/torture/failures.h"

namespace jiffy::torture {

namespace {

// A run of this many ticks has preempted somebody under any policy with slices.
// Linux 0.01's are 15 ticks: 63 threads may use 945 before one of them comes to
// the end of its own, and that one may give up the CPU by itself just then.
// Twice as many, therefore.
constexpr uint64_t kTicksThatPreempt = 2'000;

}  // namespace

void ExpectCrowdSucceeds(const CrowdOptions& options) {
  Failures failures;
  const CrowdResult result = RunCrowd(options, failures);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(failures.count(), 0u);
  for (const std::string& message : failures.Messages()) {
    ADD_FAILURE() << message;
  }
  // These two take the CPU from nobody, or only for a deadline: the control.
  if (options.scheduler == "fifo" || options.scheduler == "edf") {
    EXPECT_EQ(result.stats.preemptions, 0u);
  } else if (result.stats.ticks >= kTicksThatPreempt) {
    EXPECT_GT(result.stats.preemptions, 0u);
  }
  printf("  %.2f s, %" PRIu64 " jobs, %" PRIu64 " threads, %" PRIu64
         " ticks, %" PRIu64 " preemptions, %" PRIu64 " guarded, %" PRIu64
         " deferred\n",
         absl::ToDoubleSeconds(result.stats.wall_time), result.rounds,
         result.stats.threads, result.stats.ticks, result.stats.preemptions,
         result.stats.guarded_ticks, result.stats.deferred_ticks);
}

std::string CaseName(std::string policy) {
  for (char& c : policy) {
    if (isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return policy;
}

}  // namespace jiffy::torture
