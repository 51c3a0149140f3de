// Checks that all tests with crowds share.
#ifndef JIFFY_TESTS_TORTURE_CROWD_TEST_UTIL_H_
#define JIFFY_TESTS_TORTURE_CROWD_TEST_UTIL_H_

#include <string>

#include "tests/torture/crowd.h"

namespace jiffy::torture {

// Runs the crowd, expects success, and prints how often it was preempted.
void ExpectCrowdSucceeds(const CrowdOptions& options);

// Returns a policy's name in the form that GoogleTest accepts: "linux_0_01".
std::string CaseName(std::string policy);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_CROWD_TEST_UTIL_H_
