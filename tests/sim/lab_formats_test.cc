// The laboratory's files for other programs: traces for Perfetto and trace-cmd,
// and the page.
#include <rapidjson/document.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lab/lab_program.h"
#include "tests/trace/trace_format.h"

namespace jiffy::lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Two alternating tasks, and one row more than 20 ms need.
constexpr char kTwoHogs[] = R"({
  "tasks": {"A": {"loop": 1, "run": 15000}, "B": {"loop": 1, "run": 5000}},
})";

class LabFormatsTest : public LabProgramTest {
 protected:
  LabFormatsTest() : LabProgramTest("lab_formats_test") {
    Write("w.json", kTwoHogs);
  }
};

TEST_F(LabFormatsTest, Chrome_IsJsonWithAllSlices) {
  EXPECT_EQ(Lab("w.json --policy rr --chrome t.json").exit_code, 0);
  EXPECT_THAT(TraceFormatErrors(Read("t.json")), testing::IsEmpty());
  rapidjson::Document document;
  document.Parse(Read("t.json").c_str());
  ASSERT_FALSE(document.HasParseError());
  // By track, the CPU's first.
  std::map<int, int64_t> running_us;
  std::map<int, int64_t> waiting_us;
  int64_t cpu_us = 0;
  for (const auto& event : document["traceEvents"].GetArray()) {
    // RapidJSON's own comparisons recurse for ever in C++20.
    if (std::string_view(event["ph"].GetString()) != "X") continue;
    const std::string_view name = event["name"].GetString();
    const int64_t us = event["dur"].GetInt64();
    if (event["pid"].GetInt() == 1) {
      cpu_us += us;
    } else if (name == "running") {
      running_us[event["tid"].GetInt()] += us;
    } else {
      EXPECT_EQ(name, "runnable");
      waiting_us[event["tid"].GetInt()] += us;
    }
  }
  EXPECT_EQ(cpu_us, 20'000);
  EXPECT_EQ(running_us[4], 15'000);
  EXPECT_EQ(running_us[5], 5'000);
  EXPECT_EQ(waiting_us[4], 5'000);
  EXPECT_EQ(waiting_us[5], 10'000);
}

// Wake-ups, waits, several CPUs; policies that preempt and that do not.
TEST_F(LabFormatsTest, Chrome_KeepsToTheFormatOfTraces) {
  Write("mixed.json", R"({"tasks": {
    "hog": {"instance": 3, "loop": 4, "run": 5000},
    "sleeper": {"instance": 2, "loop": 10, "run": 300, "sleep": 900},
    "waits": {"loop": 1, "suspend": "", "run": 100},
    "wakes": {"loop": 1, "run": 2000, "resume": "waits", "run": 1}}})");
  for (const char* options :
       {"--policy rr", "--policy cfs", "--policy fifo", "--policy rr --cpus 3",
        "--policy rr --duration 0.007"}) {
    EXPECT_EQ(
        Lab(absl::StrCat("mixed.json --chrome t.json ", options)).exit_code, 0)
        << options;
    EXPECT_THAT(TraceFormatErrors(Read("t.json")), testing::IsEmpty())
        << options;
  }
}

TEST_F(LabFormatsTest, Html_HoldsAllRuns_AndComesWithTheReport) {
  const Finished lab =
      Lab("w.json w.json --policy rr --policy fifo --html page.html");
  EXPECT_EQ(lab.exit_code, 0);
  EXPECT_THAT(lab.out, HasSubstr("w.json under fifo: "));
  const std::string page = Read("page.html");
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n"));
  std::vector<std::string> policies;
  for (size_t at = 0;
       (at = page.find("\"policy\":\"", at)) != std::string::npos;) {
    at += 10;
    policies.push_back(page.substr(at, page.find('"', at) - at));
  }
  EXPECT_THAT(policies, testing::ElementsAre("rr", "fifo", "rr", "fifo"));
  EXPECT_EQ(Files(), (std::vector<std::string>{"page.html", "w.json"}));
}

TEST_F(LabFormatsTest, Html_ToStdout_IsNothingButThePage) {
  const Finished lab = Lab("w.json --html -");
  EXPECT_THAT(lab.out, StartsWith("<!DOCTYPE html>\n"));
  EXPECT_THAT(lab.out, testing::EndsWith("</html>\n"));
}

TEST_F(LabFormatsTest, Html_ThatCannotBeWritten_LeavesNothing) {
  Finished lab = Lab("w.json --html missing/page.html");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_EQ(lab.err,
            "jiffy lab: cannot write missing/page.html: No such file or "
            "directory\n");
  EXPECT_EQ(lab.out, "");
  lab = Lab("w.json --html /dev/full --csv rows.csv");
  EXPECT_EQ(lab.exit_code, 1);
  EXPECT_EQ(lab.err,
            "jiffy lab: cannot write /dev/full: No space left on device\n");
  EXPECT_EQ(Files(), std::vector<std::string>{"w.json"});
  Write("bad.json", R"({"tasks": {"A": {"run": 1, "unlock": "m"}}})");
  Write("page.html", "old");
  EXPECT_EQ(Lab("w.json bad.json --html page.html").exit_code, 1);
  EXPECT_EQ(Read("page.html"), "old");
}

TEST_F(LabFormatsTest, Ftrace_IsAsTraceCmdPrintsIt) {
  Write("f.json", R"({"tasks": {
    "A": {"loop": 1, "priority": -5, "run": 2, "resume": "B"},
    "B": {"loop": 1, "policy": "SCHED_RR", "suspend": "", "sleep": 1000000,
          "run": 1}}})");
  EXPECT_EQ(Lab("f.json --policy fifo --ftrace -").out,
            "cpus=1\n"
            "          <idle>-0     [000]      0.000000: sched_wakeup_new:     "
            "A-0:1 [115] CPU:000\n"
            "          <idle>-0     [000]      0.000000: sched_wakeup_new:     "
            "B-1:2 [89] CPU:000\n"
            "          <idle>-0     [000]      0.000000: sched_switch:         "
            "swapper/0:0 [120] R ==> A-0:1 [115]\n"
            "             A-0-1     [000]      0.000002: sched_switch:         "
            "A-0:1 [115] X ==> B-1:2 [89]\n"
            "             B-1-2     [000]      0.000002: sched_switch:         "
            "B-1:2 [89] S ==> swapper/0:0 [120]\n");
}

TEST_F(LabFormatsTest, Ftrace_WakeupsNameTheirContext) {
  Write("f.json", R"({"tasks": {
    "B": {"loop": 1, "suspend": "", "sleep": 1000000, "run": 1},
    "A": {"loop": 1, "run": 2, "resume": "B", "run": 1}}})");
  const std::string out = Lab("f.json --policy fifo --ftrace -").out;
  EXPECT_THAT(out, HasSubstr("             A-1-2     [000]      0.000002: "
                             "sched_wakeup:         B-0:1 [120] CPU:000\n"));
  EXPECT_THAT(out, HasSubstr("          <idle>-0     [000]      1.000003: "
                             "sched_wakeup:         B-0:1 [120] CPU:000\n"));
}

}  // namespace
}  // namespace jiffy::lab
