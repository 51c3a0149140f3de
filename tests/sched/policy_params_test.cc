#include "sched/policy_params.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "sched/registry.h"

namespace jiffy::sched {
namespace {

using Params = std::vector<std::pair<std::string, std::string>>;

std::string MessageOf(const absl::Status& status) {
  const absl::string_view message = status.message();
  return {message.data(), message.size()};
}

TEST(ParamReaderTest, Values_InRange_AreRead) {
  const PolicyConfig config = {
      .params = {{"n", "-3"}, {"t", "50"}, {"ts", "1,2,30"}}};
  int64_t n = 0;
  int64_t t = 0;
  std::vector<int64_t> ts;
  ParamReader reader("p", config);
  reader.Int("n", -5, 5, &n);
  reader.Microseconds("t", 50, 50, &t);
  reader.MicrosecondsList("ts", 1, 30, &ts);
  EXPECT_TRUE(reader.status().ok()) << reader.status();
  EXPECT_EQ(n, -3);
  EXPECT_EQ(t, 50'000);
  EXPECT_EQ(ts, (std::vector<int64_t>{1000, 2000, 30'000}));
}

TEST(ParamReaderTest, Values_NotGiven_StayAsTheyAre) {
  const PolicyConfig config;
  int64_t n = 1;
  int64_t t = 1234;
  std::vector<int64_t> ts = {7};
  ParamReader reader("p", config);
  reader.Int("n", 5, 6, &n);
  reader.Microseconds("t", 5, 6, &t);
  reader.MicrosecondsList("ts", 5, 6, &ts);
  EXPECT_TRUE(reader.status().ok());
  EXPECT_EQ(n, 1);
  EXPECT_EQ(t, 1234);
  EXPECT_EQ(ts, std::vector<int64_t>{7});
}

TEST(ParamReaderTest, SeveralBadValues_TheFirstIsReported) {
  const PolicyConfig config = {.params = {{"a", "x"}, {"b", "y"}}};
  int64_t value = 4;
  ParamReader reader("p", config);
  reader.Int("b", 0, 9, &value);
  reader.Int("a", 0, 9, &value);
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(reader.status()),
            "parameter \"b\" of scheduler \"p\" is \"y\"; allowed: a whole "
            "number, 0 to 9");
  EXPECT_EQ(value, 4);
}

struct BadParam {
  std::string policy;
  Params params;
  std::string message;
};

class BadParamTest : public testing::TestWithParam<BadParam> {};

TEST_P(BadParamTest, MakePolicy_NamesParameterValueAndWhatIsAllowed) {
  const auto made =
      MakePolicy(GetParam().policy, {.params = GetParam().params});
  EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(made.status()), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, BadParamTest,
    testing::Values(
        BadParam{"cfs",
                 {{"sched_latency_us", "49"}},
                 "parameter \"sched_latency_us\" of scheduler \"cfs\" is "
                 "\"49\"; allowed: a whole number, 50 to 3600000000"},
        BadParam{"cfs",
                 {{"min_granularity_us", "1.5"}},
                 "parameter \"min_granularity_us\" of scheduler \"cfs\" is "
                 "\"1.5\"; allowed: a whole number, 50 to 3600000000"},
        BadParam{"cfs",
                 {{"wakeup_granularity_us", ""}},
                 "parameter \"wakeup_granularity_us\" of scheduler \"cfs\" is "
                 "\"\"; allowed: a whole number, 0 to 3600000000"},
        BadParam{"eevdf",
                 {{"base_slice_us", "3600000001"}},
                 "parameter \"base_slice_us\" of scheduler \"eevdf\" is "
                 "\"3600000001\"; allowed: a whole number, 50 to 3600000000"},
        BadParam{"lottery",
                 {{"compensation", "yes"}},
                 "parameter \"compensation\" of scheduler \"lottery\" is "
                 "\"yes\"; allowed: a whole number, 0 to 1"},
        BadParam{
            "mlfq",
            {{"levels", "0"}},
            "parameter \"levels\" of scheduler \"mlfq\" is \"0\"; allowed: "
            "a whole number, 1 to 32"},
        BadParam{"mlfq",
                 {{"slice_us", "1000,,2000"}},
                 "parameter \"slice_us\" of scheduler \"mlfq\" is "
                 "\"1000,,2000\"; allowed: whole numbers, 50 to 3600000000, "
                 "with commas in between"},
        BadParam{"mlfq",
                 {{"levels", "3"}, {"slice_us", "1000,2000"}},
                 "parameter \"slice_us\" of scheduler \"mlfq\" is "
                 "\"1000,2000\"; allowed: one number, or one for each of the 3 "
                 "levels"},
        BadParam{"mlfq",
                 {{"boost_ms", "-1"}},
                 "parameter \"boost_ms\" of scheduler \"mlfq\" is \"-1\"; "
                 "allowed: a whole number, 0 to 3600000"}));

// The contents of a listing.
TEST(PolicyParamsTest, AllPolicies_TheirParameters_AreDescribed) {
  for (const PolicyInfo& policy : AllPolicies()) {
    for (const PolicyParam& param : policy.params) {
      EXPECT_FALSE(param.name.empty()) << policy.name;
      EXPECT_FALSE(param.description.empty()) << policy.name;
      EXPECT_EQ(param.description.find('\n'), std::string::npos) << param.name;
      // A default value in the listing must be a valid value.
      if (param.default_value.empty()) continue;
      EXPECT_TRUE(MakePolicy(policy.name,
                             {.params = {{param.name, param.default_value}}})
                      .ok())
          << policy.name << ' ' << param.name;
    }
  }
}

}  // namespace
}  // namespace jiffy::sched
