// No frequent path takes over 10 % more instructions than was recorded, unless
// someone recorded the new number and said why.
//
// Counts are the same on each run and each x86-64 machine with the same
// compiler: no other speed is tested, as that depends on what else runs.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/instructions/baseline.h"
#include "bench/instructions/stepper.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jiffy::bench {
namespace {

using ::testing::HasSubstr;

using Counts = std::map<std::string, int64_t>;

std::string Read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(InstructionsTest, MostUsedPaths_TakeNoMoreThanRecorded) {
#ifndef __OPTIMIZE__
  // --config=debug takes several times as many, which says nothing about a
  // path.
  GTEST_SKIP() << "what was recorded is the optimised build";
#endif
  const absl::StatusOr<Baseline> baseline =
      Baseline::Parse(Read("bench/instructions/baseline.json"));
  ASSERT_TRUE(baseline.ok()) << baseline.status();
  const absl::StatusOr<Counts> counts =
      CountInstructions("bench/instructions/probe");
  if (absl::IsUnimplemented(counts.status())) {
    // Some containers and machines do not allow single-stepping.
    GTEST_SKIP() << counts.status().message();
  }
  ASSERT_TRUE(counts.ok()) << counts.status();
  const Baseline::Comparison comparison = baseline->Compare(*counts);
  std::printf("%s", comparison.table.c_str());
  EXPECT_TRUE(comparison.status.ok()) << comparison.status.message();
}

TEST(InstructionsTest, AProbeThatFails_IsAnError) {
  const absl::StatusOr<Counts> counts = CountInstructions("/bin/false");
  if (absl::IsUnimplemented(counts.status())) {
    // Some containers and machines do not allow single-stepping.
    GTEST_SKIP() << counts.status().message();
  }
  EXPECT_EQ(counts.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(counts.status().message()), HasSubstr("status 1"));
}

Baseline Recorded(const Counts& counts) {
  Baseline baseline;
  const absl::Status status = baseline.Record(counts, "the first");
  EXPECT_TRUE(status.ok()) << status;
  return baseline;
}

TEST(BaselineTest, GrowthOverTenPerCent_FailsAndSaysHowToRecord) {
  const Baseline baseline = Recorded({{"yield", 100}, {"spawn", 1000}});
  EXPECT_TRUE(baseline.Compare({{"yield", 110}, {"spawn", 1000}}).status.ok());
  EXPECT_TRUE(baseline.Compare({{"yield", 50}, {"spawn", 1000}}).status.ok());
  const Baseline::Comparison grown =
      baseline.Compare({{"yield", 111}, {"spawn", 1000}});
  EXPECT_THAT(std::string(grown.status.message()),
              HasSubstr("'yield' takes 11.0 % more"));
  EXPECT_THAT(std::string(grown.status.message()), HasSubstr("--record="));
  EXPECT_THAT(grown.table, HasSubstr("recorded 1000"));
}

TEST(BaselineTest, PathThatWasNeverRecorded_Fails) {
  const Baseline baseline = Recorded({{"yield", 100}});
  EXPECT_THAT(std::string(baseline.Compare({{"lock", 1}}).status.message()),
              HasSubstr("'lock' was never recorded"));
}

TEST(BaselineTest, RecordWithAReason_IsWhatCountsFromThenOn) {
  Baseline baseline = Recorded({{"yield", 100}});
  ASSERT_TRUE(baseline.Record({{"yield", 200}}, "it does more").ok());
  const absl::StatusOr<Baseline> again = Baseline::Parse(baseline.Json());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->Compare({{"yield", 200}}).status.ok());
  EXPECT_THAT(baseline.Json(), HasSubstr("the first"));
}

TEST(BaselineTest, RecordWithoutAReasonOfItsOwn_IsRefusedAndChangesNothing) {
  Baseline baseline = Recorded({{"yield", 100}});
  const std::string before = baseline.Json();
  EXPECT_THAT(std::string(baseline.Record({{"yield", 200}}, " ").message()),
              HasSubstr("entry 2 of 'yield' has no reason"));
  EXPECT_THAT(
      std::string(baseline.Record({{"yield", 200}}, "the first").message()),
      HasSubstr("repeats the reason"));
  EXPECT_EQ(baseline.Json(), before);
}

// Replaces the first `old` in the recorded file, and reads it.
absl::Status ParseEdited(const std::string& old, const std::string& by) {
  std::string json = Recorded({{"yield", 100}}).Json();
  const size_t at = json.find(old);
  EXPECT_NE(at, std::string::npos);
  return Baseline::Parse(json.replace(at, old.size(), by)).status();
}

TEST(BaselineTest, NumberOrReasonEditedInPlace_IsNoticed) {
  EXPECT_TRUE(ParseEdited("100", "100").ok());
  for (const absl::Status& status :
       {ParseEdited("100", "150"), ParseEdited("the first", "the second")}) {
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("entry 1 of 'yield' was edited by hand"));
  }
}

TEST(BaselineTest, FileThatIsNone_IsAnErrorThatSaysWhere) {
  EXPECT_THAT(std::string(Baseline::Parse("{").status().message()),
              HasSubstr("At byte 1"));
  EXPECT_THAT(std::string(Baseline::Parse("[]").status().message()),
              HasSubstr("no object"));
  EXPECT_THAT(std::string(ParseEdited("100", "0").message()),
              HasSubstr("must have \"instructions\" above 0"));
  EXPECT_THAT(std::string(ParseEdited("\"reason\"", "\"cause\"").message()),
              HasSubstr("must have"));
}

}  // namespace
}  // namespace jiffy::bench
