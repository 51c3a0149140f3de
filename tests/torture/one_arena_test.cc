// malloc with one arena and (see BUILD.bazel) without thread caches, so that
// all threads want the same lock at each call: a thread that is preempted while
// it holds the lock makes the others wait in the kernel, even those that hold a
// NoPreempt. No thread may wait for ever.

#include <malloc.h>

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/torture/crowd.h"
#include "tests/torture/crowd_test_util.h"

namespace jiffy::torture {
namespace {

class OneArena : public ::testing::TestWithParam<int64_t> {
 protected:
  static void SetUpTestSuite() { ASSERT_EQ(mallopt(M_ARENA_MAX, 1), 1); }
};

TEST_P(OneArena, Crowd_HolderOfTheLockPreempted_NobodyWaitsForEver) {
  CrowdOptions options;
  options.slice = absl::Microseconds(50);
  options.forced_tick_ns = GetParam();
  // On a busy machine interrupts take nearly all of the CPU, and fewer threads
  // finish their last jobs sooner.
  options.threads = GetParam() == 10'000 ? 16 : 64;
  options.rounds = GetParam() == 10'000 ? 100 : 60;
  options.enough_interrupts = 15'000;
  ExpectCrowdSucceeds(options);
}

INSTANTIATE_TEST_SUITE_P(, OneArena, ::testing::Values(50'000, 20'000, 10'000),
                         [](const auto& info) {
                           return std::to_string(info.param / 1'000) + "us";
                         });

}  // namespace
}  // namespace jiffy::torture
