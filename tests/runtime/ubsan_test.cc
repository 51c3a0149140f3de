// UndefinedBehaviorSanitizer checks green threads, and ends the program on an
// error (./jiffy test --config ubsan).
#include <climits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using UbsanTest = EveryRunModeTest;

INSTANTIATE_TEST_SUITE_P(RunModes, UbsanTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

TEST_P(UbsanTest, OverflowInAThread_IsReported) {
  ASSERT_DEATH(Run([] {
                 Thread thread(ShortTurns(), [] {
                   SpinForTicks(3);
                   volatile int number = INT_MAX;
                   number = number + 1;
                 });
               }),
               "signed integer overflow");
}

}  // namespace
}  // namespace jiffy
