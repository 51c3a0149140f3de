// The examples of examples/waiting, as programs.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/examples/run_program.h"

namespace jiffy::examples {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

TEST(ProducerConsumerTest, EveryNumberArrivesOnce_UnderEachPolicy) {
  for (const char* policy : {"rr", "fifo", "linux-0.01", "cfs"}) {
    const Outcome outcome =
        RunProgram(std::string("examples/waiting/producer_consumer ") + policy);
    EXPECT_EQ(outcome.exit_status, 0) << outcome.out << outcome.err;
    for (const char* queue : {"channel", "mutex", "semaphores"}) {
      EXPECT_THAT(outcome.out,
                  ContainsRegex(std::string(queue) +
                                ".* 30000 of 30000 numbers arrived once"));
    }
  }
}

TEST(ProducerConsumerTest, UnknownPolicy_IsAnError) {
  const Outcome outcome =
      RunProgram("examples/waiting/producer_consumer nonsense");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("nonsense"));
}

TEST(DiningPhilosophersTest, DeadlockIsNamed_ThenAllEat) {
  const Outcome outcome = RunProgram("examples/waiting/dining_philosophers");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ContainsRegex("'Plato' .#2. waits for a Mutex at "
                                         "0x[0-9a-f]+, held by 'Hypatia'"));
  EXPECT_THAT(outcome.out, HasSubstr("cycle: "));
  EXPECT_THAT(outcome.out, ContainsRegex("Confucius +had 1000 meals"));
}

TEST(PrimeSieveTest, FindsThePrimes) {
  const Outcome outcome = RunProgram("examples/waiting/prime_sieve 12");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "2 3 5 7 11 13 17 19 23 29\n31 37\n");
  EXPECT_EQ(RunProgram("examples/waiting/prime_sieve 0").exit_status, 2);
  EXPECT_EQ(RunProgram("examples/waiting/prime_sieve many").exit_status, 2);
}

TEST(RateLimiterTest, AdmitsTheBurst_TurnsSomeAway) {
  const Outcome outcome = RunProgram("examples/waiting/rate_limiter");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("turned away"));
}

}  // namespace
}  // namespace jiffy::examples
