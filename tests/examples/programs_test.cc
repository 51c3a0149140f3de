// The other examples, as programs: their output shows what they demonstrate.

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/examples/run_program.h"

namespace jiffy::examples {
namespace {

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos;
       begin = end + 1, end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

// Returns how late the ticks in an output of hog_ticker were.
std::vector<double> LatenessOf(const Outcome& outcome) {
  std::vector<double> late;
  for (const std::string& line : LinesOf(outcome.out)) {
    int tick = 0;
    double due = 0;
    double ms = 0;
    if (sscanf(line.c_str(), "  tick %d, due at %lf ms: %lf ms late", &tick,
               &due, &ms) == 3) {
      late.push_back(ms);
    }
  }
  return late;
}

TEST(HogTickerTest, Fifo_NoTickBeforeTheHogIsDone) {
  const Outcome outcome = RunProgram("examples/hog_ticker fifo");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  const std::vector<double> late = LatenessOf(outcome);
  ASSERT_EQ(late.size(), 10u) << outcome.out;
  for (int tick = 0; tick < 10; ++tick) {
    EXPECT_GE(late[static_cast<size_t>(tick)], 899.9 - 100 * tick)
        << outcome.out;
  }
}

// A busy machine may delay some ticks, but none of the first five waits for the
// end of the hog.
TEST(HogTickerTest, RoundRobin_TicksComeWhileTheHogRuns) {
  const Outcome outcome = RunProgram("examples/hog_ticker rr");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  const std::vector<double> late = LatenessOf(outcome);
  ASSERT_EQ(late.size(), 10u) << outcome.out;
  int in_time = 0;
  for (size_t tick = 0; tick < 5; ++tick) in_time += late[tick] < 400;
  EXPECT_GT(in_time, 0) << outcome.out;
}

TEST(HogTickerTest, UnknownPolicy_NamesTheKnownOnes) {
  const Outcome outcome = RunProgram("examples/hog_ticker cfs3");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_NE(outcome.err.find("linux-0.01"), std::string::npos) << outcome.err;
}

// Returns the ticks that own_policy shows for alice and for each thread of
// bob's.
std::vector<int> TicksUnder(const std::string& policy, const Outcome& outcome) {
  std::vector<int> ticks;
  bool here = false;
  for (const std::string& line : LinesOf(outcome.out)) {
    if (line.starts_with("  ") && here) {
      EXPECT_EQ(sscanf(line.c_str() + 8, "%d ticks", &ticks.emplace_back()), 1)
          << line;
    } else {
      here = line == policy + ":";
    }
  }
  EXPECT_EQ(ticks.size(), 4u) << outcome.out;
  return ticks;
}

// 300 ticks and three times 100, unless the machine stands still for so long
// that one thread gets a good part of them at once. That will not happen every
// time.
TEST(OwnPolicyTest, ByUser_OneThreadHasAsMuchAsThree) {
  bool fair = false;
  std::string output;
  for (int attempt = 0; attempt < 5 && !fair; ++attempt) {
    const Outcome outcome = RunProgram("examples/own_policy");
    ASSERT_EQ(outcome.exit_status, 0) << outcome.err;
    output = outcome.out;
    EXPECT_EQ(TicksUnder("rr", outcome).size(), 4u);
    const std::vector<int> ticks = TicksUnder("by-user", outcome);
    fair = true;
    for (size_t i = 1; i < ticks.size(); ++i) {
      fair = fair && ticks[0] > 2 * ticks[i] && ticks[0] < 4 * ticks[i];
    }
  }
  EXPECT_TRUE(fair) << output;
}

TEST(CoroutineLabTest, Count_TwoCoroutines_EachNumberOnceInOrder) {
  const Outcome outcome = RunProgram("examples/coroutine_lab_demo");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  const std::vector<std::string> lines = LinesOf(outcome.out);
  ASSERT_EQ(lines.size(), 2u) << outcome.out;
  int turns_of_a = 0;
  const char* at = lines[0].c_str();
  for (int i = 1; i <= 10; ++i) {
    char who = 0;
    int number = 0;
    int length = 0;
    ASSERT_EQ(sscanf(at, "%c[%d] %n", &who, &number, &length), 2) << lines[0];
    EXPECT_EQ(number, i) << lines[0];
    EXPECT_TRUE(who == 'a' || who == 'b') << lines[0];
    turns_of_a += who == 'a';
    at += length;
  }
  EXPECT_EQ(turns_of_a, 5) << lines[0];
  EXPECT_STREQ(at, "counted to 10");
}

TEST(CoroutineLabTest, ProducersAndConsumers_EveryItemOnce) {
  const Outcome outcome = RunProgram("examples/coroutine_lab_demo");
  const std::vector<std::string> lines = LinesOf(outcome.out);
  ASSERT_EQ(lines.size(), 2u) << outcome.out;
  int first = 0;
  int second = 0;
  int sum = 0;
  ASSERT_EQ(sscanf(lines[1].c_str(),
                   "2 producers, %d + %d items consumed, their sum %d", &first,
                   &second, &sum),
            3)
      << lines[1];
  EXPECT_EQ(first + second, 100);
  EXPECT_EQ(sum, 5050);
}

TEST(CoroutineLabTest, Order_IsRandomButForTheSeed) {
  std::set<std::string> orders;
  for (int seed = 1; seed <= 8; ++seed) {
    const std::string command =
        "CO_SEED=" + std::to_string(seed) + " examples/coroutine_lab_demo";
    const std::string order = RunProgram(command).out;
    EXPECT_EQ(RunProgram(command).out, order);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 4u);
}

class EachProgram : public testing::TestWithParam<std::string> {};

TEST_P(EachProgram, Help_UnderBothNames_IsUsageAndExitsWithZero) {
  for (const char* argument : {" -h", " --help"}) {
    const Outcome outcome = RunProgram("examples/" + GetParam() + argument);
    EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("usage: ")) << outcome.out;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_P(EachProgram, Help_CannotBeWritten_SaysSoAndExitsWithOne) {
  const Outcome outcome =
      RunProgram("(examples/" + GetParam() + " --help >/dev/full)");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_NE(outcome.err.find(
                ": cannot write to standard output: No space left on device\n"),
            std::string::npos)
      << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(, EachProgram,
                         testing::Values("hog_ticker", "own_policy", "trouble",
                                         "waiting/dining_philosophers",
                                         "waiting/prime_sieve",
                                         "waiting/producer_consumer",
                                         "waiting/rate_limiter"),
                         [](const auto& info) {
                           return info.param.substr(info.param.find('/') + 1);
                         });

TEST(OutputTest, CannotBeWritten_ProgramsSaySoAndExitWithOne) {
  for (const std::string command :
       {"examples/waiting/prime_sieve 10", "examples/coroutine_lab_demo"}) {
    const Outcome outcome = RunProgram("(" + command + " >/dev/full)");
    EXPECT_EQ(outcome.exit_status, 1) << command;
    EXPECT_NE(outcome.err.find("cannot write to standard output: No space left "
                               "on device\n"),
              std::string::npos)
        << outcome.err;
  }
}

}  // namespace
}  // namespace jiffy::examples
