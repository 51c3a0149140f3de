// ./jiffy demo as a program: its JSON, its files, its exit status.

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "sched/registry.h"
#include "tests/examples/run_program.h"
#include "tests/page/page_data.h"
#include "tests/runtime/trace_json.h"

namespace jiffy::examples {
namespace {

constexpr char kDemo[] = "examples/demo ";
constexpr char kSmall[] = "examples/demo --size=20000 --fib=24 ";

std::vector<std::string> PolicyNames() {
  std::vector<std::string> names;
  for (const auto& policy : sched::AllPolicies()) names.push_back(policy.name);
  return names;
}

std::set<std::string> KeysOf(const rapidjson::Value& object) {
  std::set<std::string> keys;
  for (const auto& member : object.GetObject()) {
    EXPECT_TRUE(keys.insert(member.name.GetString()).second);
  }
  return keys;
}

class DemoPolicyTest : public testing::TestWithParam<std::string> {};

TEST_P(DemoPolicyTest, Demo_Json_HasTheFiguresOfEachTask) {
  const std::string path = TempPath("figures.json");
  WriteAll(path, "what was there before");
  const Outcome outcome =
      RunProgram(kSmall + ("--slice=200us --tasks=sort:2,fib:2 --json='" +
                           path + "' --scheduler=" + GetParam()));
  ASSERT_EQ(outcome.exit_status, 0) << outcome.err << outcome.out;
  rapidjson::Document json;
  json.Parse(ReadAll(path).c_str());
  ASSERT_FALSE(json.HasParseError()) << ReadAll(path);
  EXPECT_EQ(KeysOf(json), (std::set<std::string>{"scheduler", "slice_us",
                                                 "wall_us", "tasks"}));
  EXPECT_EQ(json["scheduler"].GetString(), GetParam());
  EXPECT_EQ(json["slice_us"].GetInt64(), 200);
  const int64_t wall_us = json["wall_us"].GetInt64();
  int64_t cpu_us = 0;
  std::vector<std::string> names;
  for (const auto& task : json["tasks"].GetArray()) {
    EXPECT_EQ(KeysOf(task),
              (std::set<std::string>{"name", "cpu_us", "preemptions",
                                     "voluntary_switches", "longest_wait_us",
                                     "correct"}));
    names.push_back(task["name"].GetString());
    cpu_us += task["cpu_us"].GetInt64();
    EXPECT_GT(task["cpu_us"].GetInt64(), 0);
    EXPECT_EQ(task["voluntary_switches"].GetInt64(), 1);  // Its end.
    EXPECT_LE(task["longest_wait_us"].GetInt64(), wall_us);
    EXPECT_TRUE(task["correct"].GetBool());
    if (GetParam() == "fifo") {
      EXPECT_EQ(task["preemptions"].GetInt64(), 0);
    }
  }
  EXPECT_EQ(names, (std::vector<std::string>{"sort.quick", "sort.merge",
                                             "fib.even", "fib.odd"}));
  EXPECT_LE(cpu_us, wall_us);
}

TEST_P(DemoPolicyTest, Demo_File_SortsItsLines) {
  const std::string path = TempPath("lines");
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += std::to_string(i * 7919 % 500) + "\n";  // Each line twice.
  }
  WriteAll(path, text + "no newline at the end");
  const Outcome outcome =
      RunProgram("examples/demo --fib=24 --tasks=sort:6,fib:1 --file='" + path +
                 "' --scheduler=" + GetParam());
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("sort.qsort   sorted: yes (1001 lines, "
                             "permutation ok)"),
            std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find("All 7 results are right"), std::string::npos)
      << outcome.out;
}

INSTANTIATE_TEST_SUITE_P(Policies, DemoPolicyTest,
                         testing::ValuesIn(PolicyNames()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           for (char& c : name) {
                             if (c == '-' || c == '.') c = '_';
                           }
                           return name;
                         });

struct BadArguments {
  const char* arguments;
  // The complete message after "demo: ".
  const char* message;
};

class BadArgumentsTest : public testing::TestWithParam<BadArguments> {};

TEST_P(BadArgumentsTest, Demo_SaysWhatIsWrongAndExitsWithTwo) {
  const Outcome outcome = RunProgram(std::string(kDemo) + GetParam().arguments);
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_EQ(outcome.err, std::string("demo: ") + GetParam().message + "\n");
  EXPECT_EQ(outcome.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, BadArgumentsTest,
    testing::Values(
        BadArguments{"--slice=0", "--slice=0: must be from 50us to 1h"},
        BadArguments{"--slice=10us", "--slice=10us: must be from 50us to 1h"},
        BadArguments{"--slice=-5ms", "--slice=-5ms: must be from 50us to 1h"},
        BadArguments{"--slice 2h", "--slice=2h: must be from 50us to 1h"},
        BadArguments{"--slice=soon",
                     "--slice=soon: not a value of this flag: time slice, "
                     "50us to 1h, where the policy has no rule of its own"},
        BadArguments{"--tick=1us", "--tick=1us: must be from 50us to 1h"},
        BadArguments{"--tasks=sort:3,grep:2",
                     "--tasks=sort:3,grep:2: 'grep' in 'grep:2': not a kind of "
                     "task; there are sort and fib"},
        BadArguments{"--size=0", "--size=0: must be from 1 to 1000000000"},
        BadArguments{"--fib=61", "--fib=61: must be from 1 to 60"},
        BadArguments{"--duration=-1s", "--duration=-1s: must be from 0 to 24h"},
        BadArguments{"--size=10 --file=/etc/passwd",
                     "--size=10 and --file=/etc/passwd: a sort task sorts "
                     "either numbers or lines"},
        BadArguments{"--file=/none/such",
                     "--file=/none/such: No such file or directory"},
        BadArguments{"--file=/", "--file=/: is a directory"},
        BadArguments{"--json=/none/such.json",
                     "--json=/none/such.json: No such file or directory"},
        BadArguments{"--json=/", "--json=/: is there, and not a regular file"},
        BadArguments{"--json=/dev/null",
                     "--json=/dev/null: is there, and not a regular file"},
        BadArguments{"--html=/none/such.html",
                     "--html: cannot write /none/such.html: No such file or "
                     "directory"},
        BadArguments{"--trace=/none/such.json",
                     "--trace: cannot write /none/such.json: No such file or "
                     "directory"},
        BadArguments{"--trace=x --html=x",
                     "--html=x and --trace=x: two outputs cannot both go to "
                     "one file"},
        BadArguments{
            "--trace=-",
            "--trace=-: needs a file; the report is on standard output"},
        BadArguments{"--html=x --json=x",
                     "--json=x and --html=x: two outputs cannot both go to one "
                     "file"},
        BadArguments{
            "--html=-",
            "--html=-: needs a file; the report is on standard output"},
        BadArguments{"--color=red",
                     "--color=red: not a value of this flag: auto (on a "
                     "terminal), yes or no"},
        BadArguments{"--size", "--size: needs a value"},
        BadArguments{"sort:3", "'sort:3': only flags are allowed; see --help"},
        BadArguments{"--taks=sort:3",
                     "'--taks': no such flag; there are --scheduler, --slice, "
                     "--tick, --tasks, --duration, --size, --fib, --file, "
                     "--json, --html, --trace, --seed, --color, --unicode"}));

TEST(DemoTest, Demo_UnknownScheduler_NamesTheKnownOnesAndExitsWithTwo) {
  const Outcome outcome = RunProgram("examples/demo --scheduler=cfs3");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_TRUE(outcome.err.starts_with(
      "demo: --scheduler=cfs3: no such policy; there are fifo, rr, random, "
      "linux-0.01"))
      << outcome.err;
  for (const std::string& name : PolicyNames()) {
    EXPECT_NE(outcome.err.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(outcome.out, "");
}

TEST(DemoTest, Demo_Html_HoldsTheRun) {
  const std::string path = TempPath("demo.html");
  const Outcome outcome = RunProgram(
      kSmall + ("--slice=200us --tasks=sort:2,fib:2 --html='" + path + "'"));
  ASSERT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Open " + path + " in a browser"),
            std::string::npos);
  const rapidjson::Document data = page::ParseData(ReadAll(path));
  const std::vector<std::string> names = page::Strings(data["tasks"]);
  ASSERT_GE(names.size(), 4u);
  EXPECT_EQ((std::vector<std::string>(names.begin(), names.begin() + 4)),
            (std::vector<std::string>{"sort.quick", "sort.merge", "fib.even",
                                      "fib.odd"}));
  const auto& run = data["runs"][0];
  EXPECT_TRUE(run["live"].GetBool());
  // The slices agree with the metrics: their number, their length, and their
  // ends.
  const auto& slices = run["slices"];
  const std::vector<int64_t> tasks = page::Integers(slices["task"]);
  const std::vector<int64_t> lengths = page::Integers(slices["length"]);
  const std::string ends = slices["end"].GetString();
  ASSERT_EQ(ends.size(), tasks.size());
  const auto& figures = run["figures"]["tasks"];
  for (int64_t task = 0; task < 4; ++task) {
    int64_t us = 0;
    int64_t count = 0;
    int64_t preempted = 0;
    int64_t finished = 0;
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i] != task) continue;
      us += lengths[i];
      ++count;
      preempted += ends[i] == 'P';
      finished += ends[i] == 'X';
    }
    const auto row = static_cast<size_t>(task);
    EXPECT_EQ(count, page::Integers(figures["switches"])[row]);
    EXPECT_EQ(preempted, page::Integers(figures["preemptions"])[row]);
    EXPECT_EQ(finished, 1);
    // Each slice is cut to microseconds. Slices include time that other
    // processes took, with which no one is charged.
    EXPECT_GE(us + count + 1, page::Integers(figures["cpu_us"])[row]);
  }
}

TEST(DemoTest, Demo_Trace_HoldsTheRun) {
  const std::string path = TempPath("demo.trace.json");
  const std::string figures = TempPath("demo.figures.json");
  const Outcome outcome =
      RunProgram(kSmall + ("--slice=200us --tasks=sort:2,fib:2 --trace '" +
                           path + "' --json='" + figures + "'"));
  ASSERT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Open " + path + " in https://ui.perfetto.dev"),
            std::string::npos);
  rapidjson::Document json;
  json.Parse(ReadAll(figures).c_str());
  const TraceJson trace(path);
  for (const auto& task : json["tasks"].GetArray()) {
    const std::string name = task["name"].GetString();
    EXPECT_EQ(trace.CountEnds(name, "preempted"),
              task["preemptions"].GetInt64());
    EXPECT_EQ(trace.CountEnds(name, "finished"), 1);
  }
}

TEST(DemoTest, Demo_Trace_OfAFullDisk_IsAnErrorAfterTheReport) {
  const Outcome outcome =
      RunProgram(std::string(kSmall) + "--tasks=fib --trace=/dev/full");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_NE(outcome.out.find("The result is right, after "), std::string::npos)
      << outcome.out;
  EXPECT_EQ(outcome.err,
            "demo: --trace: cannot write /dev/full: No space left on device\n");
}

TEST(DemoTest, Demo_Html_OfAFullDisk_IsAnError) {
  const Outcome outcome =
      RunProgram(std::string(kSmall) + "--tasks=fib --html=/dev/full");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_EQ(outcome.err,
            "demo: --html: cannot write /dev/full: No space left on device\n");
}

TEST(DemoTest, Demo_FilesWithoutPermission_AreErrors) {
  const std::string path = TempPath("secret");
  WriteAll(path, "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  // Root may read and write everything, except through its capabilities.
  const std::string as_others_may =
      geteuid() == 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search "
                     : "";
  // In some containers root keeps all of them; some file systems have no modes.
  if (RunProgram(as_others_may + "test -r '" + path + "'").exit_status != 1) {
    GTEST_SKIP() << "a file that this user may not read cannot be had here";
  }
  const Outcome file =
      RunProgram(as_others_may + kDemo + "--file='" + path + "'");
  EXPECT_EQ(file.exit_status, 2);
  EXPECT_EQ(file.err, "demo: --file=" + path + ": Permission denied\n");
}

TEST(DemoTest, Demo_JsonWhereNoFileCanBe_ExitsWithTwo) {
  const Outcome json = RunProgram("examples/demo --json=/proc/x.json");
  EXPECT_EQ(json.exit_status, 2);
}

TEST(DemoTest, Demo_MoreTasksThanThePolicyTakes_ExitsWithTwo) {
  const Outcome outcome =
      RunProgram("examples/demo --scheduler=linux-0.01 --tasks=fib:63 --fib=9");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_EQ(outcome.err,
            "demo: task fib.even.32: cannot spawn a thread: all 63 task slots "
            "are taken (Linux 0.01 has 64, slot 0 is the idle task)\n");
}

TEST(DemoTest, Demo_Json_ReplacesTheFileThatALinkLeadsTo) {
  const std::string folder = TempPath("folder");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  WriteAll(folder + "/real.json", "old");
  std::filesystem::create_symlink("real.json", folder + "/link.json");
  const Outcome outcome =
      RunProgram(kSmall + ("--tasks=fib --json='" + folder + "/link.json'"));
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::is_symlink(folder + "/link.json"));
  EXPECT_EQ(ReadAll(folder + "/real.json").front(), '{');
  // Nothing else is left in the folder.
  const std::filesystem::directory_iterator files(folder);
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST(DemoTest, Demo_LocaleOfBytes_WritesAscii) {
  const Outcome ascii = RunProgram(std::string("LC_ALL=C ") + kSmall);
  EXPECT_EQ(ascii.exit_status, 0);
  for (const char c : ascii.out) ASSERT_TRUE(c == '\n' || (c >= 32 && c < 127));
  const Outcome unicode = RunProgram(std::string("LC_ALL=C.UTF-8 ") + kSmall);
  EXPECT_NE(unicode.out.find("fib(90) = 2880067194370816120 ✓"),
            std::string::npos)
      << unicode.out;
}

TEST(DemoTest, Demo_WideOrNot_NoLineIsLongerThanTheScreen) {
  const Outcome outcome =
      RunProgram(std::string("LC_ALL=C ") + kSmall + "--tasks=sort:7,fib:3");
  size_t begin = 0;
  for (size_t end = outcome.out.find('\n'); end != std::string::npos;
       begin = end + 1, end = outcome.out.find('\n', begin)) {
    EXPECT_LE(end - begin, 100u) << outcome.out.substr(begin, end - begin);
  }
}

TEST(DemoTest, Demo_OutputThatCannotBeWritten_SaysSoAndExitsWithOne) {
  for (const std::string arguments :
       {"--help", "--size=1000 --fib=10 --tasks=sort"}) {
    const Outcome outcome =
        RunProgram("(" + (kDemo + arguments) + " >/dev/full)");
    EXPECT_EQ(outcome.exit_status, 1) << arguments;
    EXPECT_EQ(outcome.err,
              "demo: cannot write to standard output: No space left on "
              "device\n");
  }
}

TEST(DemoTest, Demo_ShortHelp_IsHelp) {
  const Outcome outcome = RunProgram("examples/demo -h");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, RunProgram("examples/demo --help").out);
}

TEST(DemoTest, Demo_Help_NamesEveryFlagAndExitsWithZero) {
  const Outcome outcome = RunProgram("examples/demo --help");
  EXPECT_EQ(outcome.exit_status, 0);
  for (const char* flag :
       {"--scheduler=rr", "--slice=10ms", "--tasks=sort:3,fib:2", "--size",
        "--file", "--json", "--seed=1", "--color=auto"}) {
    EXPECT_NE(outcome.out.find(flag), std::string::npos) << flag;
  }
}

}  // namespace
}  // namespace jiffy::examples
