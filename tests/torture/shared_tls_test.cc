// Where threads share the OS thread's thread-local storage, they are preempted
// only in the program's own code: work that uses no libc lock and no
// thread_local object is correct there too.

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/torture/crowd.h"
#include "tests/torture/crowd_test_util.h"

namespace jiffy::torture {
namespace {

class SharedTls : public ::testing::TestWithParam<int> {};

TEST_P(SharedTls, Crowd_PreemptedInItsOwnCode_DoesWhatItWouldAlone) {
  CrowdOptions options;
  options.slice = absl::Microseconds(GetParam());
  options.shared_tls = true;
  options.rounds = 200;
  ExpectCrowdSucceeds(options);
}

INSTANTIATE_TEST_SUITE_P(, SharedTls, ::testing::Values(10'000, 1'000, 100, 50),
                         [](const auto& info) {
                           return std::to_string(info.param) + "us";
                         });

}  // namespace
}  // namespace jiffy::torture
