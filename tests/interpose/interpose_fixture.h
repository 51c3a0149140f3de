// Runs for tests of interposed functions: cooperative ones, where a worker that
// waited in the kernel would never return, and preemptive ones.
#ifndef JIFFY_TESTS_INTERPOSE_INTERPOSE_FIXTURE_H_
#define JIFFY_TESTS_INTERPOSE_INTERPOSE_FIXTURE_H_

#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {

// Policy; whether there are ticks.
using InterposeMode = std::tuple<std::string, bool>;

class InterposeTest : public RunTest,
                      public ::testing::WithParamInterface<InterposeMode> {
 protected:
  InterposeTest() {
    options_.scheduler = std::get<0>(GetParam());
    options_.preempt = std::get<1>(GetParam());
    options_.time_slice = absl::Microseconds(100);
    options_.tick = absl::Microseconds(100);
    repetitions_ = 2;
  }

  void SetUp() override {
    RunTest::SetUp();
    if (const std::string reason = SharedTlsReason(options_); !reason.empty()) {
      // libc takes threads that share a block for one thread, so its locks stay
      // libc's.
      GTEST_SKIP() << reason;
    }
  }

  bool preempts() const { return options_.preempt; }
};

// Lets other threads run for a while, including preempted ones.
inline void LetOthersRun() {
  for (int i = 0; i < 3; ++i) this_thread::SleepFor(absl::Microseconds(150));
}

inline auto InterposeModes() {
  return ::testing::Combine(::testing::Values("rr", "linux-0.01"),
                            ::testing::Bool());
}

inline std::string InterposeModeName(
    const ::testing::TestParamInfo<InterposeMode>& info) {
  return std::string(std::get<0>(info.param) == "rr" ? "rr" : "linux_0_01") +
         (std::get<1>(info.param) ? "_preempting" : "_cooperative");
}

}  // namespace jiffy

#endif  // JIFFY_TESTS_INTERPOSE_INTERPOSE_FIXTURE_H_
