// The laboratory's program, from its command line to its files.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lab/lab_program.h"

namespace jiffy::lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Two alternating tasks, and one row more than 20 ms need.
constexpr char kTwoHogs[] = R"({
  "tasks": {"A": {"loop": 1, "run": 15000}, "B": {"loop": 1, "run": 5000}},
})";
constexpr char kTwoHogsCsv[] =
    "time_us,cpu,prev,prev_state,next\n"
    "0,0,idle,R,A-0\n"
    "10000,0,A-0,R,B-1\n"
    "15000,0,B-1,X,A-0\n"
    "20000,0,A-0,X,idle\n";

class LabTest : public LabProgramTest {
 protected:
  LabTest() : LabProgramTest("lab_test") { Write("w.json", kTwoHogs); }
};

TEST_F(LabTest, Csv_ToStdout_IsNothingButTheRows) {
  const Finished lab = Lab("w.json --policy rr --csv -");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_EQ(lab.out, kTwoHogsCsv);
  EXPECT_EQ(lab.err, "");
}

TEST_F(LabTest, Csv_ToFile_ComesWithTheReport) {
  const Finished lab = Lab("w.json --policy=rr --csv=rows.csv");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_EQ(Read("rows.csv"), kTwoHogsCsv);
  EXPECT_THAT(lab.out, StartsWith("w.json under rr: 0.020 s on 1 CPU, tick "
                                  "10ms\n"));
  EXPECT_EQ(Files(), (std::vector<std::string>{"rows.csv", "w.json"}));
}

TEST_F(LabTest, ManyTasks_TheTableHasThoseWithTheMostCpuTime) {
  Write("many.json", R"({"tasks": {
    "small": {"instance": 60, "loop": 1, "run": 1000},
    "large": {"instance": 2, "loop": 1, "run": 5000}}})");
  const auto rows = [&](const char* options) {
    const std::string out =
        Lab(absl::StrCat("many.json --policy fifo ", options)).out;
    std::vector<std::string> found = absl::StrSplit(out, '\n');
    found.erase(std::remove_if(found.begin(), found.end(),
                               [](const std::string& line) {
                                 return !absl::StrContains(line, "%  ");
                               }),
                found.end());
    return found;
  };
  EXPECT_EQ(rows("").size(), 40u);
  EXPECT_THAT(rows("")[0], StartsWith("large-60"));
  EXPECT_THAT(rows("")[2], StartsWith("small-0"));
  EXPECT_EQ(rows("--tasks 3").size(), 3u);
  EXPECT_EQ(rows("--tasks 0").size(), 62u);
  EXPECT_THAT(rows("--tasks 0")[0], StartsWith("small-0"));
  EXPECT_THAT(Lab("many.json --tasks 3").out,
              HasSubstr("and 59 more tasks with less CPU time (--tasks 0 shows "
                        "all)\n"));
}

TEST_F(LabTest, NumbersOutOfRange_NameTheOptionAndWhatIsAllowed) {
  for (const char* const cpus : {"0", "-1", "1025", "3x0", "2x2", "1.5"}) {
    const Finished lab = Lab(absl::StrCat("w.json --cpus=", cpus));
    EXPECT_EQ(lab.exit_code, 2) << cpus;
    EXPECT_THAT(lab.err, HasSubstr("--cpus")) << cpus;
    EXPECT_THAT(lab.err, HasSubstr("an integer from 1 to 1024")) << cpus;
  }
  EXPECT_THAT(Lab("w.json --tasks=-1").err,
              HasSubstr("an integer from 0 to 65536"));
}

TEST_F(LabTest, Csv_NamesThatNeedIt_AreQuoted) {
  Write("n.json", R"({"tasks": {"a,\"b\"\n": {"loop": 1, "run": 1}}})");
  EXPECT_EQ(Lab("n.json --csv -").out,
            "time_us,cpu,prev,prev_state,next\n"
            "0,0,idle,R,\"a,\"\"b\"\"\n-0\"\n"
            "1,0,\"a,\"\"b\"\"\n-0\",X,idle\n");
}

TEST_F(LabTest, StandardInput_IsAFileToo) {
  const Finished lab = Lab("- --csv - <w.json");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_EQ(lab.out, kTwoHogsCsv);
  EXPECT_THAT(Lab("- </dev/null").err, StartsWith("jiffy lab: <stdin>:1:1: "));
}

TEST_F(LabTest, FullDisk_IsReported) {
  Finished lab = Lab("w.json --csv /dev/full");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_EQ(lab.err,
            "jiffy lab: cannot write /dev/full: No space left on device\n");
  EXPECT_EQ(lab.out, "");
  for (const char* const option : {"--chrome", "--ftrace"}) {
    EXPECT_EQ(Lab(absl::StrCat("w.json ", option, " /dev/full")).exit_code, 1);
  }
  for (const char* const what : {"w.json", "w.json --csv -", "--list"}) {
    lab = Lab(absl::StrCat(what, " >/dev/full"));
    EXPECT_EQ(lab.exit_code, 1) << what;
    EXPECT_EQ(lab.err,
              "jiffy lab: cannot write standard output: No space left "
              "on device\n");
  }
}

TEST_F(LabTest, OneOfTwoFilesCannotBeWritten_NeitherIsThere) {
  EXPECT_EQ(Lab("w.json --csv rows.csv --chrome /dev/full").exit_code, 1);
  EXPECT_EQ(Lab("w.json --csv rows.csv --chrome missing/t.json").exit_code, 1);
  EXPECT_EQ(Files(), std::vector<std::string>{"w.json"});
}

TEST_F(LabTest, FailingRun_LeavesOldFilesAsTheyWere) {
  Write("bad.json", R"({"tasks": {"A": {"run": 1, "unlock": "m"}}})");
  Write("rows.csv", "old");
  const Finished lab = Lab("bad.json --csv rows.csv");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_THAT(lab.err,
              StartsWith("jiffy lab: bad.json:1:28: key \"unlock\": "));
  EXPECT_EQ(Read("rows.csv"), "old");
  EXPECT_EQ(Files(),
            (std::vector<std::string>{"bad.json", "rows.csv", "w.json"}));
}

TEST_F(LabTest, OldFile_IsReplaced_ThroughALinkAsWell) {
  Write("real.csv", "old");
  std::filesystem::create_symlink("real.csv", Path("link.csv"));
  EXPECT_EQ(Lab("w.json --csv link.csv").exit_code, 0);
  EXPECT_EQ(Read("real.csv"), kTwoHogsCsv);
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link.csv")));
}

TEST_F(LabTest, FolderAsOutput_IsRefused) {
  const Finished lab = Lab("w.json --csv .");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_EQ(lab.err, "jiffy lab: cannot write .: Is a directory\n");
}

TEST_F(LabTest, BadWorkload_NothingRunsAndNothingIsWritten) {
  Write("a.json", "{\"tasks\": {\"t\": {\"run\": -1}}}");
  Write("b.json", "[]");
  const Finished lab = Lab("w.json a.json b.json missing.json");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_EQ(lab.out, "");
  const std::vector<std::string> lines = absl::StrSplit(lab.err, '\n');
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], StartsWith("jiffy lab: a.json:1:25: key \"run\": "));
  EXPECT_THAT(lines[1], StartsWith("jiffy lab: b.json:1:1: expected "));
  EXPECT_EQ(lines[2],
            "jiffy lab: cannot read missing.json: No such file or directory");
  EXPECT_EQ(Lab("a.json --csv rows.csv").exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(Path("rows.csv")));
}

TEST_F(LabTest, UnreadableFiles_AreReported) {
  EXPECT_EQ(Lab(".").err, "jiffy lab: cannot read .: Is a directory\n");
  // Endless, and so cut at the parser's limit.
  const Finished lab = Lab("/dev/zero");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_THAT(lab.err, HasSubstr("expected at most 16 MiB"));
}

TEST_F(LabTest, UnknownPolicy_ListsTheKnownOnes) {
  const Finished lab = Lab("w.json --policy o3");
  EXPECT_EQ(lab.exit_code, 2);
  EXPECT_THAT(
      lab.err,
      StartsWith("jiffy lab: unknown policy \"o3\"; known: fifo, rr, "));
  EXPECT_THAT(lab.err, HasSubstr("linux-0.01"));
}

TEST_F(LabTest, SettingsOfRtAppAlone_AreNotedOnce) {
  Write("n.json", R"({"tasks": {"A": {"loop": 1, "run": 1}},
  "global": {"logdir": "./"}})");
  const Finished lab = Lab("n.json --policy rr --policy fifo");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_EQ(
      lab.err,
      "jiffy lab: note: n.json:2:14: key \"logdir\": ignored: it concerns "
      "rt-app only\n");
}

TEST_F(LabTest, Deadlock_IsNoted) {
  Write("d.json", R"({"tasks": {"A": {"lock": "m", "run": 1}}})");
  const Finished lab = Lab("d.json --policy fifo");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_EQ(
      lab.err,
      "jiffy lab: note: deadlock at 1 us: all tasks that are left, 1, are "
      "blocked for ever\n"
      "jiffy lab: note:   A-0 waits for mutex \"m\", held by itself\n");
}

TEST_F(LabTest, Report_HasATableForEachPolicy_AndNoColorsInAFile) {
  const Finished lab = Lab("w.json --policy rr --policy linux-0.01");
  EXPECT_THAT(lab.out, HasSubstr("w.json under rr: "));
  EXPECT_THAT(lab.out, HasSubstr("w.json under linux-0.01: "));
  EXPECT_THAT(lab.out, HasSubstr("A-0   15.000  75.00%"));
  EXPECT_THAT(lab.out, HasSubstr("Jain fairness 0.8000"));
  EXPECT_THAT(lab.out, HasSubstr("█"));
  EXPECT_FALSE(absl::StrContains(lab.out, "\033"));
}

TEST_F(LabTest, Explain_SaysWhoAndWhy) {
  const Finished lab = Lab("w.json --policy linux-0.01 --explain");
  EXPECT_THAT(lab.out, StartsWith(R"(w.json under linux-0.01

      0.000 ms  cpu 0  the CPU was idle; takes the largest counter; of equals, the highest slot
                 A-0  slot 1, counter 15, priority 15
               > B-1  slot 2, counter 15, priority 15
      5.000 ms  cpu 0  B-1 exited; takes the largest counter; of equals, the highest slot
               > A-0  slot 1, counter 15, priority 15
     20.000 ms  cpu 0  A-0 exited; nobody is runnable

w.json under linux-0.01: 0.020 s)"));
}

TEST_F(LabTest, List_NamesEveryPolicy) {
  const Finished lab = Lab("--list");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_THAT(lab.out, HasSubstr("\nrr "));
  EXPECT_THAT(lab.out, HasSubstr("\nlinux-0.01 "));
  EXPECT_THAT(Lab("--help").out, StartsWith("usage: ./jiffy lab FILE..."));
}

TEST_F(LabTest, Options_ReachTheRun) {
  EXPECT_THAT(Lab("w.json --slice 2ms --csv -").out,
              HasSubstr("\n2000,0,A-0,R,B-1\n"));
  EXPECT_THAT(Lab("w.json --slice 2ms --tick 5ms --csv -").out,
              HasSubstr("\n5000,0,A-0,R,B-1\n"));
  EXPECT_THAT(Lab("w.json --duration 0.01 --csv -").out,
              testing::EndsWith("\n0,0,idle,R,A-0\n"));
  EXPECT_THAT(Lab("w.json --cpus 2 --csv -").out,
              HasSubstr("\n0,1,idle,R,B-1\n"));
  Write("r.json", R"({"tasks": {"A": {"instance": 9, "run": 1000000}},
                      "global": {"duration": 1}})");
  EXPECT_NE(Lab("r.json --policy random --seed 1 --csv -").out,
            Lab("r.json --policy random --seed 2 --csv -").out);
}

// Command lines that are not allowed.
struct BadCommand {
  const char* arguments;
  const char* error;
};

class BadCommandTest : public LabTest,
                       public testing::WithParamInterface<BadCommand> {};

TEST_P(BadCommandTest, IsRefused) {
  const Finished lab = Lab(GetParam().arguments);
  EXPECT_EQ(lab.exit_code, 2);
  EXPECT_EQ(lab.err, absl::StrCat("jiffy lab: ", GetParam().error, "\n"));
  EXPECT_EQ(lab.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Commands, BadCommandTest,
    testing::Values(
        BadCommand{"", "expected the FILE of a workload; --help says more"},
        BadCommand{"w.json --polcy rr",
                   "unknown option \"--polcy\"; --help lists them"},
        BadCommand{"w.json -p", "unknown option \"-p\"; --help lists them"},
        BadCommand{"w.json --policy", "option --policy needs a value: NAME"},
        BadCommand{"w.json --list=1", "option --list takes no value"},
        BadCommand{"w.json --cpus 2 --cpus 3", "option --cpus is given twice"},
        BadCommand{"w.json --cpus 0",
                   "option --cpus: expected an integer from 1 to 1024, got "
                   "\"0\""},
        BadCommand{"w.json --seed -1",
                   "option --seed: expected an integer from 0 to "
                   "9223372036854775807, got \"-1\""},
        BadCommand{"w.json --duration nan",
                   "option --duration: expected a number of seconds up to "
                   "1000000, or -1 for no limit, got \"nan\""},
        BadCommand{"w.json --tick 10",
                   "option --tick: expected a time in whole microseconds, like "
                   "10ms or 500us, got \"10\""},
        BadCommand{"w.json --slice 1500ns",
                   "option --slice: expected a time in whole microseconds, "
                   "like 10ms or 500us, got \"1500ns\""},
        BadCommand{"w.json --param x",
                   "option --param: expected NAME=VALUE, got \"x\""},
        BadCommand{"w.json --policy rr --param x=1",
                   "no parameter \"x\" of rr; it takes none"},
        BadCommand{"w.json --csv a --chrome a",
                   "two outputs cannot both go to \"a\""},
        BadCommand{"w.json --html a --csv a",
                   "two outputs cannot both go to \"a\""},
        BadCommand{"w.json w.json --csv a",
                   "--csv, --chrome and --ftrace write one run; give them one "
                   "FILE and one --policy"},
        BadCommand{
            "w.json --explain --csv -",
            "--explain writes to standard output, so nothing else can"}));

}  // namespace
}  // namespace jiffy::lab
