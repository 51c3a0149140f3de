// What the tests that run crowds expect of them all.
#ifndef JIFFY_TESTS_TORTURE_CROWD_TEST_UTIL_H_
#define JIFFY_TESTS_TORTURE_CROWD_TEST_UTIL_H_

#include <string>

#include "tests/torture/crowd.h"

namespace jiffy::torture {

// Runs the crowd, expects that all is well, and prints how often it was
// preempted.
void ExpectCrowdSucceeds(const CrowdOptions& options);

// Returns a policy's name as GoogleTest takes it: "linux_0_01".
std::string CaseName(std::string policy);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_CROWD_TEST_UTIL_H_
