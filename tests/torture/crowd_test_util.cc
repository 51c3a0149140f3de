#include "tests/torture/crowd_test_util.h"

#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/torture/crowd.h"
#include "tests/torture/failures.h"
#include "tests/torture/flags.h"

namespace jiffy::torture {

namespace {

// A run of this many ticks preempts a thread under any policy with slices.
// Linux 0.01's slices are 15 ticks: 63 threads may use 945 before one of them
// reaches the end of its slice, and that one may give up the CPU itself just
// then. So twice as many.
constexpr uint64_t kTicksThatPreempt = 2'000;

// Describes the crowd for a failure message.
std::string Describe(const CrowdOptions& options) {
  std::string text = absl::StrCat("scheduler ", options.scheduler, ", slice ",
                                  absl::FormatDuration(options.slice),
                                  ", --torture_seed=", Seed());
  if (options.forced_tick_ns != 0) {
    absl::StrAppend(
        &text, ", ticks forced each ",
        absl::FormatDuration(absl::Nanoseconds(options.forced_tick_ns)));
  }
  if (options.ticks_in_libc) absl::StrAppend(&text, ", ticks act in libc");
  if (options.shared_tls) absl::StrAppend(&text, ", shared TLS");
  if (options.late_static_tls) absl::StrAppend(&text, ", late static TLS");
  return text;
}

}  // namespace

void ExpectCrowdSucceeds(const CrowdOptions& options) {
  SCOPED_TRACE(Describe(options));
  Failures failures;
  const CrowdResult result = RunCrowd(options, failures);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(failures.count(), 0u);
  for (const std::string& message : failures.Messages()) {
    ADD_FAILURE() << message;
  }
  // These two never take the CPU, or only for a deadline: the control group.
  if (options.scheduler == "fifo" || options.scheduler == "edf") {
    EXPECT_EQ(result.stats.preemptions, 0u);
  } else if (result.stats.ticks >= kTicksThatPreempt) {
    EXPECT_GT(result.stats.preemptions, 0u);
  }
  printf("  %.2f s, %" PRIu64 " jobs, %" PRIu64 " threads, %" PRIu64
         " ticks by %" PRIu32 " interrupts, %" PRIu64 " preemptions, %" PRIu64
         " guarded, %" PRIu64 " deferred\n",
         absl::ToDoubleSeconds(result.stats.wall_time), result.rounds,
         result.stats.threads, result.stats.ticks, result.interrupts,
         result.stats.preemptions, result.stats.guarded_ticks,
         result.stats.deferred_ticks);
}

std::string CaseName(std::string policy) {
  for (char& c : policy) {
    if (isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return policy;
}

}  // namespace jiffy::torture
