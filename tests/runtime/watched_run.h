// Runs under a policy whose calls and answers are checked (strict_policy.h).
#ifndef JIFFY_TESTS_RUNTIME_WATCHED_RUN_H_
#define JIFFY_TESTS_RUNTIME_WATCHED_RUN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/strict_policy.h"

namespace jiffy {

class WatchedRunTest : public RunTest {
 protected:
  // Makes all further runs use the policy, watched, with
  // options_.scheduler_params.
  void Watch(const std::string& policy, bool may_run_before_turn = true) {
    options_.policy = [this, policy,
                       may_run_before_turn](const sched::PolicyConfig& config)
        -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
      account_ = {};
      auto made = sched::MakePolicy(
          policy, {.slice_ns = config.slice_ns, .params = config.params});
      if (!made.ok()) return made.status();
      return std::make_unique<StrictPolicy>(*std::move(made), account_,
                                            may_run_before_turn);
    };
  }

  // The account of the last run.
  PolicyAccount account_;
};

// Slices and ticks of 1 ms. Skips where ticks do not preempt in libraries.
class PreemptedInLibrariesTest : public WatchedRunTest {
 protected:
  PreemptedInLibrariesTest() {
    repetitions_ = 1;
    options_.time_slice = absl::Milliseconds(1);
    options_.tick = RealTick(absl::Milliseconds(1));
  }

  void SetUp() override {
    RunTest::SetUp();
    if (signals::kPreemptsInProgram || !SharedTlsReason(options_).empty()) {
      // A thread in a library may be using TLS that it shares, or may be in a
      // sanitizer's own code.
      GTEST_SKIP() << "threads are preempted in the program's text only";
    }
  }
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_WATCHED_RUN_H_
