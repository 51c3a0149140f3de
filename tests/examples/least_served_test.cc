// The policy that docs/policies.md develops behaves as that page says,
// simulated and live.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/examples/run_program.h"

namespace jiffy::examples {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr char kLab[] = "examples/least_served_lab ";
constexpr char kWorkload[] = "examples/workloads/interactive_and_hogs.json ";

Outcome Lab(const std::string& options) {
  return RunProgram(kLab + std::string(kWorkload) + "--policy least-served " +
                    options);
}

TEST(LeastServedTest, List_NamesItBesideTheBuiltInOnes) {
  const Outcome outcome = RunProgram(kLab + std::string("--list"));
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\nleast-served  whoever had the least "));
  EXPECT_THAT(outcome.out, HasSubstr("\nrr "));
}

TEST(LeastServedTest, Simulated_TheHogsGetTheSame) {
  const Outcome outcome = Lab("--duration 3.02");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  for (const char* const hog : {"hog-1", "hog-2", "hog-3"}) {
    // Except for ticks that are charged to it but were used by the editor.
    EXPECT_THAT(outcome.out, ContainsRegex(std::string(hog) +
                                           " +[0-9.]+ +3[1-4]\\.[0-9]+% "));
  }
}

TEST(LeastServedTest, Simulated_TheEditorNeverWaits) {
  const Outcome outcome = Lab("--duration 3");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              ContainsRegex("editor-0 .* 0\\.000  0\\.000  0\\.000  +-\n"));
}

TEST(LeastServedTest, Explain_TellsTheTicks) {
  const Outcome outcome = Lab("--duration 0.03 --explain");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      HasSubstr("     10.000 ms  cpu 0  hog-1 was stopped by the tick; takes "
                "the fewest ticks; of equals, who waits longest\n"
                "                 hog-1  ticks 1\n"
                "               > hog-2  ticks 0\n"
                "                 hog-3  ticks 0\n"));
}

TEST(LeastServedTest, Live_Runs) {
  const Outcome outcome = Lab("--duration 0.2 --live");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("under least-served, live: 0.200 s"));
}

}  // namespace
}  // namespace jiffy::examples
