// Failure messages: the first in full, the others shortened.

#include "tests/torture/failures.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jiffy::torture {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(Failures, Numbers_BothAreTold) {
  Failures failures;
  EXPECT_FALSE(TORTURE_EXPECT_EQ(failures, uint64_t{3}, 2 + 2));
  EXPECT_THAT(failures.Messages().at(0),
              EndsWith("2 + 2 is 4 (0x4), should be 3 (0x3)"));
}

TEST(Failures, Reals_BothAreToldToTheLastBit) {
  Failures failures;
  EXPECT_FALSE(TORTURE_EXPECT_EQ(failures, 1.5, 3.0 / 4));
  EXPECT_THAT(failures.Messages().at(0),
              EndsWith("3.0 / 4 is 0.75, should be 1.5"));
}

TEST(Failures, Texts_BothAreToldInFullAndWhereTheyDiffer) {
  Failures failures;
  const std::string wanted = absl::StrCat(std::string(1'000, 'a'), "b");
  const std::string got = absl::StrCat(std::string(1'000, 'a'), "\x01", "c");
  EXPECT_FALSE(TORTURE_EXPECT_EQ(failures, wanted, got));
  EXPECT_THAT(
      failures.Messages().at(0),
      EndsWith("got has 1002 characters, should have 1001, and differs from "
               "character 1000 on: '" +
               std::string(1'000, 'a') + "\\x01c', should be '" + wanted +
               "'"));
}

TEST(Failures, TextsThatDoNotFit_AreCutAndToldAllTheSame) {
  Failures failures;
  const std::string wanted(10'000, 'a');
  const std::string got(10'000, 'b');
  for (int i = 0; i < 2; ++i) TORTURE_EXPECT_EQ(failures, wanted, got);
  for (const std::string& message : failures.Messages()) {
    EXPECT_THAT(message, HasSubstr("should be 'aaaa"));
    EXPECT_THAT(message, HasSubstr("on: 'bbbb"));
    EXPECT_EQ(message.back(), '\'');
  }
}

TEST(Failures, MoreThanAreKept_AreCounted) {
  Failures failures;
  for (int i = 0; i < 25; ++i) TORTURE_EXPECT(failures, i < 0);
  EXPECT_EQ(failures.count(), 25u);
  const std::vector<std::string> messages = failures.Messages();
  EXPECT_EQ(messages.size(), 21u);
  EXPECT_EQ(messages.back(), "... and 5 more");
}

}  // namespace
}  // namespace jiffy::torture
