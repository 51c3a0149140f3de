// A runtime reports whether its threads have thread blocks of their own, and if
// not, why; what must then be shared is shared.
#include <string>

#include "absl/status/statusor.h"
#include "arch/context.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;

thread_local int shared_or_own = 1;

TEST(Version, OfTheLibrary_IsThatOfItsHeaders) {
  EXPECT_STREQ(Version(), kVersion);
}

TEST(Features, SharedTlsAskedFor_SaysSoAndPrintsNothing) {
  const CapturedStderr captured;
  const absl::StatusOr<Runtime> runtime = Runtime::Create({.shared_tls = true});
  ASSERT_TRUE(runtime.ok());
  EXPECT_FALSE(runtime->features().own_tls);
  EXPECT_THAT(runtime->features().shared_tls_reason, HasSubstr("shared_tls"));
  EXPECT_EQ(captured.AllText(), "");
}

// Where threads cannot have them, one line says why.
TEST(Features, OwnTls_IsThereOrItsLackIsTold) {
  const CapturedStderr captured;
  const absl::StatusOr<Runtime> runtime = Runtime::Create({});
  ASSERT_TRUE(runtime.ok());
  const Features& features = runtime->features();
  if (features.own_tls) {
    EXPECT_EQ(features.shared_tls_reason, "");
    EXPECT_EQ(captured.AllText(), "");
    EXPECT_EQ(arch::LacksUserThreadPointer(), nullptr);
  } else {
    EXPECT_NE(features.shared_tls_reason, "");
    EXPECT_THAT(captured.AllText(), HasSubstr(features.shared_tls_reason));
  }
}

TEST(Features, SharedTls_ThreadLocalsAreTheOsThreads) {
  shared_or_own = 5;
  const absl::Status status = jiffy::Run({.shared_tls = true}, [] {
    Thread thread([] { EXPECT_EQ(shared_or_own++, 5); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(shared_or_own, 6);
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(shared_or_own, 6);
}

}  // namespace
}  // namespace jiffy
