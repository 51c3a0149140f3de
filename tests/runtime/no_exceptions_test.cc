// Programs without exceptions and type information can use jiffy.
#include "tests/runtime/no_exceptions.h"

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using NoExceptionsTest = EveryRunModeTest;

TEST_P(NoExceptionsTest, AllTemplates_WorkAsEver) {
  Run([] { EXPECT_EQ(UseAllWithoutExceptions(), 11111); });
}

INSTANTIATE_TEST_SUITE_P(RunModes, NoExceptionsTest,
                         ::testing::Values(RunMode{"rr"}, RunMode{"rr", true},
                                           RunMode{"cfs"}),
                         RunModeName);

}  // namespace
}  // namespace jiffy
