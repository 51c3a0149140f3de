// Libraries with static TLS: a process's first run decides whether such
// libraries can be opened later. So each case here is a process of its own.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/torture/library.h"

namespace jiffy::torture {
namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

// Ends the process, with success if no expectation failed.
void EndProcess() { std::exit(::testing::Test::HasFailure() ? 1 : 0); }

bool OwnTls() { return Runtime::Create({})->features().own_tls; }

// Checks that threads on used stacks find the library's initial values.
void ExpectFreshInThreads(const Library& library) {
  for (int i = 0; i < 3; ++i) {
    const auto use = [&] {
      EXPECT_EQ(*library->value(), kLibraryInitial);
      *library->value() = 7;
    };
    EXPECT_TRUE(Thread(use).Join().ok());
  }
}

void OpenLateByDefault() {
  const absl::Status status = jiffy::Run({}, [] {
    const Library fixed(Library::Kind::kInitialExec);
    EXPECT_FALSE(fixed.ok());
    EXPECT_THAT(fixed.error(), HasSubstr("static TLS block"));
    const Library dynamic(Library::Kind::kDynamic);
    ASSERT_TRUE(dynamic.ok()) << dynamic.error();
    ExpectFreshInThreads(dynamic);
  });
  EXPECT_TRUE(status.ok()) << status;

  const absl::Status late =
      jiffy::Run({.late_static_tls = true}, [] { ADD_FAILURE() << "it ran"; });
  EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(late.message()),
              HasSubstr("late_static_tls = true: the first run"));
  EndProcess();
}

void OpenEarly() {
  const Library fixed(Library::Kind::kInitialExec);
  ASSERT_TRUE(fixed.ok()) << fixed.error();
  const absl::Status status =
      jiffy::Run({}, [&] { ExpectFreshInThreads(fixed); });
  EXPECT_TRUE(status.ok()) << status;
  EndProcess();
}

void OpenLateIfAskedFor() {
  for (const bool late : {true, false, true}) {
    const absl::Status status = jiffy::Run({.late_static_tls = late}, [] {
      const Library fixed(Library::Kind::kInitialExec);
      ASSERT_TRUE(fixed.ok()) << fixed.error();
      ExpectFreshInThreads(fixed);
    });
    EXPECT_TRUE(status.ok()) << status;
  }
  EndProcess();
}

class LateStaticTls : public ::testing::Test {
 protected:
  void SetUp() override {
    // Then only OS threads have blocks, and those have all of ld.so's space.
    if (!OwnTls()) GTEST_SKIP() << "threads share their TLS here";
  }
};

TEST_F(LateStaticTls, NotAskedForInTheFirstRun_LaterLibraryIsRefused) {
  EXPECT_EXIT(OpenLateByDefault(), ExitedWithCode(0), "");
}

TEST_F(LateStaticTls, NotAskedFor_EarlierLibraryIsFreshInEachThread) {
  EXPECT_EXIT(OpenEarly(), ExitedWithCode(0), "");
}

TEST_F(LateStaticTls, AskedForInTheFirstRun_LaterLibraryIsFreshInEachThread) {
  EXPECT_EXIT(OpenLateIfAskedFor(), ExitedWithCode(0), "");
}

}  // namespace
}  // namespace jiffy::torture
