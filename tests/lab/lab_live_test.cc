// The laboratory's program with --live and --compare, from its command line to
// its files.
#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lab/lab_program.h"
#include "tests/trace/trace_format.h"

namespace jiffy::lab {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

class LabLiveTest : public LabProgramTest {
 protected:
  LabLiveTest() : LabProgramTest("lab_live_test") {
    Write("w.json", R"({"tasks": {"A": {"loop": 2, "run": 1000},
                                  "B": {"loop": 1, "run": 500}}})");
  }
};

// Without its times, and with fifo, a live trace is predictable.
TEST_F(LabLiveTest, Csv_HasTheSwitches) {
  const Finished lab = Lab("w.json --live --policy fifo --csv -");
  EXPECT_EQ(lab.exit_code, 0) << lab.err;
  std::vector<std::string> rows;
  const std::vector<std::string> lines = absl::StrSplit(lab.out, '\n');
  for (const std::string& row : lines) {
    rows.push_back(row.substr(std::min(row.size(), row.find(','))));
  }
  EXPECT_EQ(rows, (std::vector<std::string>{",cpu,prev,prev_state,next",
                                            ",0,idle,R,A-0", ",0,A-0,X,B-1",
                                            ",0,B-1,X,idle", ""}));
}

TEST_F(LabLiveTest, Report_NamesTheRunLive) {
  const Finished lab = Lab("w.json --live --policy rr --policy linux-0.01");
  EXPECT_EQ(lab.exit_code, 0) << lab.err;
  EXPECT_THAT(lab.out, HasSubstr("w.json under rr, live: 0."));
  EXPECT_THAT(lab.out, HasSubstr("w.json under linux-0.01, live: 0."));
  EXPECT_THAT(lab.out, HasSubstr("2 of 2 tasks exited"));
  EXPECT_THAT(lab.out, HasSubstr("█"));
}

TEST_F(LabLiveTest, ChromeAndFtrace_AreWritten) {
  EXPECT_EQ(Lab("w.json --live --chrome t.json --ftrace t.txt").exit_code, 0);
  EXPECT_THAT(TraceFormatErrors(Read("t.json")), testing::IsEmpty());
  rapidjson::Document document;
  document.Parse(Read("t.json").c_str());
  ASSERT_FALSE(document.HasParseError());
  EXPECT_GT(document["traceEvents"].Size(), 4u);
  const std::string text = Read("t.txt");
  EXPECT_THAT(text, StartsWith("cpus=1\n"));
  EXPECT_THAT(text, HasSubstr("sched_wakeup_new:     A-0:1 [120] CPU:000\n"));
  EXPECT_THAT(text, ContainsRegex("sched_switch: .* X ==> "));
}

TEST_F(LabLiveTest, Duration_EndsTheRunOnTime) {
  Write("e.json", R"({"tasks": {"hog": {"run": 1000000}}})");
  const Finished lab = Lab("e.json --live --duration 0.03");
  EXPECT_EQ(lab.exit_code, 0) << lab.err;
  EXPECT_THAT(lab.out, StartsWith("e.json under rr, live: 0.030 s on 1 CPU"));
}

TEST_F(LabLiveTest, PolicyParameters_ReachALiveRun) {
  EXPECT_EQ(Lab("w.json --live --policy mlfq --param levels=2").exit_code, 0);
  const Finished lab = Lab("w.json --live --policy mlfq --param levels=0");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_THAT(lab.err, HasSubstr("levels"));
}

TEST_F(LabLiveTest, FailingRun_WritesNothing) {
  Write("bad.json", R"({"tasks": {"A": {"run": 1, "unlock": "m"}}})");
  const Finished lab = Lab("bad.json --live --csv rows.csv");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_EQ(lab.out, "");
  EXPECT_THAT(lab.err,
              StartsWith("jiffy lab: bad.json:1:28: key \"unlock\": task "
                         "\"A-0\" unlocks mutex \"m\", which it does not "
                         "hold (at "));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/rows.csv"));
}

TEST_F(LabLiveTest, FullDisk_IsReported) {
  const Finished lab = Lab("w.json --live --csv /dev/full");
  EXPECT_EQ(lab.exit_code, 1);
  // On a busy machine a note comes first.
  EXPECT_THAT(
      lab.err,
      testing::EndsWith(
          "jiffy lab: cannot write /dev/full: No space left on device\n"));
}

TEST_F(LabLiveTest, Compare_ShowsBothAndTheDifference) {
  const Finished lab = Lab("w.json --compare live --policy fifo --policy cfs");
  EXPECT_EQ(lab.exit_code, 0) << lab.err;
  for (const char* const policy : {"fifo", "cfs"}) {
    EXPECT_THAT(lab.out,
                HasSubstr(absl::StrCat("w.json under ", policy,
                                       ": simulated and live, tick ")));
  }
  EXPECT_THAT(lab.out, ContainsRegex("A-0 +80.00% .*B-1 +20.00% "));
  EXPECT_THAT(lab.out, ContainsRegex("tasks exited +2 +2 +0\n"));
}

TEST_F(LabLiveTest, Compare_NotesSayOfWhichRun) {
  Write("d.json", R"({"tasks": {"A": {"lock": "m", "run": 1}}})");
  const Finished lab = Lab("d.json --compare live");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_THAT(lab.err, HasSubstr("note: simulated: deadlock at 1 us"));
  EXPECT_THAT(lab.err, HasSubstr("note: live: deadlock at "));
}

struct BadCommand {
  const char* arguments;
  const char* error;
};

class BadLiveCommandTest : public LabLiveTest,
                           public testing::WithParamInterface<BadCommand> {};

TEST_P(BadLiveCommandTest, IsRefused) {
  const Finished lab = Lab(GetParam().arguments);
  EXPECT_EQ(lab.exit_code, 2);
  EXPECT_EQ(lab.err, absl::StrCat("jiffy lab: ", GetParam().error, "\n"));
  EXPECT_EQ(lab.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Commands, BadLiveCommandTest,
    testing::Values(
        BadCommand{"w.json --live --cpus 2",
                   "option --cpus: a live run has one CPU, so --live goes "
                   "with --cpus 1 only, got 2"},
        BadCommand{"w.json --compare live --cpus 2",
                   "option --cpus: a live run has one CPU, so --compare live "
                   "goes with --cpus 1 only, got 2"},
        BadCommand{"w.json --compare", "option --compare needs a value: live"},
        BadCommand{"w.json --compare dead",
                   "option --compare: expected live, got \"dead\""},
        BadCommand{"w.json --live --tick 10us",
                   "option --tick: a live run needs at least 50us, got 10us"},
        BadCommand{"w.json --live --slice 2h",
                   "option --slice: a live run takes at most 1h, got 2h"},
        BadCommand{"w.json --live --explain",
                   "--explain tells of simulations, not of --live"},
        BadCommand{"w.json --compare live --csv a",
                   "--compare live is two runs, and writes no traces of "
                   "them"}));

}  // namespace
}  // namespace jiffy::lab
