// ./jiffy doctor checks everything, and names each problem and its remedy.
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/examples/run_program.h"

namespace jiffy::doctor {
namespace {

using examples::Outcome;
using examples::RunProgram;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kDoctor = "tools/doctor/doctor";

TEST(DoctorTest, EachSubject_HasItsLine) {
  const Outcome outcome = RunProgram(kDoctor);
  EXPECT_THAT(outcome.out, StartsWith("machine "));
  for (const char* const subject :
       {"thread blocks", "timers", "CPUs", "stack guards", "memory", "seccomp",
        "perf"}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n") + subject + "  "))
        << subject;
  }
  EXPECT_THAT(outcome.out,
              ContainsRegex("of 4000 ticks of 50 us, [0-9]+ came"));
  // Another machine may have a problem.
  EXPECT_THAT(outcome.exit_status, AnyOf(0, 1));
  EXPECT_EQ(outcome.exit_status == 0,
            absl::EndsWith(outcome.out, "\nno problems\n"));
  EXPECT_EQ(outcome.exit_status == 1,
            absl::StrContains(outcome.out, "PROBLEM; cure: "));
}

TEST(DoctorTest, NoTimers_IsAProblemWithItsCure) {
  const Outcome outcome = RunProgram("prlimit --sigpending=0 " + kDoctor);
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("-> no run is possible"));
  EXPECT_THAT(outcome.out,
              HasSubstr("PROBLEM; cure: a larger limit of pending signals "
                        "(ulimit -i)\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("\n[1-9] problems?\n$"));
}

TEST(DoctorTest, LittleAddressSpace_IsAProblemWithItsCure) {
  const Outcome outcome = RunProgram("prlimit --as=500000000 " + kDoctor);
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("address space is limited to 0.5 GiB"));
  EXPECT_THAT(outcome.out, HasSubstr("cure: a larger limit of address space"));
}

TEST(DoctorTest, Argument_IsRefusedByName) {
  const Outcome outcome = RunProgram(kDoctor + " --fast");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "jiffy doctor: takes no arguments, not '--fast'\n");
}

TEST(DoctorTest, Help_SaysWhatItDoes) {
  const Outcome outcome = RunProgram(kDoctor + " --help");
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_THAT(outcome.out, StartsWith("usage: ./jiffy doctor\n"));
}

TEST(DoctorTest, FullDisk_IsAnError) {
  const Outcome outcome = RunProgram("(" + kDoctor + " >/dev/full)");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_EQ(outcome.err,
            "jiffy doctor: cannot write: No space left on device\n");
}

}  // namespace
}  // namespace jiffy::doctor
