// A program needs no more of jiffy than Run: it links and runs.
#include "gtest/gtest.h"
#include "runtime/runtime.h"

namespace jiffy {
namespace {

TEST(RunAlone, FunctionRuns) {
  bool ran = false;
  EXPECT_TRUE(jiffy::Run({}, [&] { ran = true; }).ok());
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace jiffy
