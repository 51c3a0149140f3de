// Bad workload files: each is refused with the exact place, the key, and what
// was expected there.
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sched/sim/json_tree.h"
#include "sched/sim/rt_app_parser.h"

namespace jiffy::sched::sim {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto workload = ParseWorkload(text, "w.json");
  if (workload.ok()) return "no error";
  EXPECT_EQ(workload.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(workload.status().message());
}

struct BadFile {
  const char* name;
  const char* text;
  const char* error;
};

class BadFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsRefusedWithPlaceKeyAndExpectation) {
  EXPECT_EQ(ErrorOf(GetParam().text), GetParam().error);
}

std::string NameOf(const testing::TestParamInfo<BadFile>& info) {
  return info.param.name;
}

// What is no JSON.
INSTANTIATE_TEST_SUITE_P(
    Syntax, BadFileTest,
    testing::Values(
        BadFile{"Empty", "",
                "w.json:1:1: expected an object, the text is empty"},
        BadFile{"OnlyAComment", "// nothing\n",
                "w.json:2:1: expected an object, the text is empty"},
        BadFile{"NoKey", "{\n  7: 1}",
                "w.json:2:3: expected a key in double quotes, or }"},
        BadFile{"NoColon", "{\n\"tasks\" {}}",
                "w.json:2:9: key \"tasks\": expected a colon after the key"},
        BadFile{"NoComma", "{\"tasks\": {\"t\": {\"run\": 1 \"run\": 2}}}",
                "w.json:1:27: key \"run\": expected a comma or } after the "
                "value"},
        BadFile{"NoCommaInArray", "{\"tasks\": {\"t\": {\"cpus\": [1 2]}}}",
                "w.json:1:29: key \"cpus\": expected a comma or ] after the "
                "value"},
        BadFile{"NotClosed", "{\"tasks\": {\"t\": {\"run\": 1}",
                "w.json:1:27: key \"run\": expected a comma or } after the "
                "value"},
        BadFile{"MoreAfterTheEnd", "{} {}",
                "w.json:1:4: expected nothing more after the object"},
        BadFile{"Word", "{\"tasks\": nothing}",
                "w.json:1:11: key \"tasks\": expected a value: a number, a "
                "string in double quotes, true, false, an object or an array"},
        BadFile{"NumberWithoutFraction", "{\"tasks\": 1.}",
                "w.json:1:13: key \"tasks\": expected a number"},
        BadFile{
            "StringWithoutEnd", "{\"tasks\": \"abc",
            "w.json:1:15: key \"tasks\": expected a double quote at the end "
            "of the string"},
        BadFile{"LineBreakInString", "{\"tasks\": \"a\nb\"}",
                "w.json:1:13: key \"tasks\": expected a string without control "
                "characters, in which a backslash begins an escape"},
        BadFile{"BadEscape", "{\"tasks\": \"a\\q\"}",
                "w.json:1:13: key \"tasks\": expected a string without control "
                "characters, in which a backslash begins an escape"},
        BadFile{"BadUnicodeEscape", "{\"tasks\": \"\\u12g4\"}",
                "w.json:1:12: key \"tasks\": expected four hexadecimal digits "
                "of a character after \\u"},
        BadFile{"NotUtf8", "{\"tasks\": \"\xFF\"}",
                "w.json:1:12: key \"tasks\": expected text in UTF-8"},
        BadFile{"CommentWithoutEnd", "{\"tasks\": /* abc",
                "w.json:1:17: key \"tasks\": expected */ at the end of the "
                "comment, or // or /* at its start"}),
    NameOf);

// JSON, but not of the right form.
INSTANTIATE_TEST_SUITE_P(
    Form, BadFileTest,
    testing::Values(
        BadFile{"RootIsArray", " []",
                "w.json:1:2: expected an object with \"tasks\", got an array"},
        BadFile{"NoTasks", "{\"global\": {}}",
                "w.json:1:1: key \"tasks\": expected an object of tasks, it is "
                "missing"},
        BadFile{"TasksIsNumber", "{\"tasks\": 5}",
                "w.json:1:11: key \"tasks\": expected an object of one task or "
                "more, got 5"},
        BadFile{"TasksIsEmpty", "{\"tasks\": {}}",
                "w.json:1:11: key \"tasks\": expected an object of one task or "
                "more, got an object"},
        BadFile{"TasksTwice",
                "{\"tasks\": {\"t\": {\"run\": 1}},\n \"tasks\": {}}",
                "w.json:2:2: key \"tasks\": expected only once, it is given "
                "twice"},
        BadFile{"UnknownSection", "{\"task\": {}}",
                "w.json:1:2: key \"task\": expected \"tasks\", \"global\" or "
                "\"resources\""},
        BadFile{"GlobalIsArray",
                "{\"tasks\": {\"t\": {\"run\": 1}}, \"global\": []}",
                "w.json:1:40: key \"global\": expected an object of settings, "
                "got an array"},
        BadFile{
            "UnknownGlobal",
            "{\"tasks\": {\"t\": {\"run\": 1}}, \"global\": {\"durtion\": "
            "1}}",
            "w.json:1:41: key \"durtion\": expected \"duration\", "
            "\"default_policy\" or a setting of rt-app's own, this is none"},
        BadFile{
            "InheritanceIsNumber",
            "{\"tasks\": {\"t\": {\"run\": 1}}, \"global\": {\"pi_enabled\": "
            "1}}",
            "w.json:1:55: key \"pi_enabled\": expected true or false, got "
            "1"},
        BadFile{"TaskIsNumber", "{\"tasks\": {\"t\": 1}}",
                "w.json:1:17: key \"t\": expected an object, a task, got 1"},
        BadFile{"TaskWithoutName", "{\"tasks\": {\"\": {\"run\": 1}}}",
                "w.json:1:12: expected a task's name, it is empty"},
        BadFile{"TaskTwice",
                "{\"tasks\": {\"t\": {\"run\": 1},\n  \"t\": {\"run\": 1}}}",
                "w.json:2:3: key \"t\": expected another name, a task before "
                "has this"},
        BadFile{"TaskWithoutEvents", "{\"tasks\": {\n\"t\": {\"loop\": 1}}}",
                "w.json:2:1: key \"t\": expected one event or more in it: run, "
                "runtime, sleep, timer, lock, unlock, wait, signal, broad, "
                "sync, suspend, resume, yield, barrier, fork, mem, iorun, "
                "memrun"},
        BadFile{"UnknownEvent",
                "{\"tasks\": {\"t\": {\n\t\"run\": 1,\n\t\"walk\": 1}}}",
                "w.json:3:2: key \"walk\": expected an event (run, runtime, "
                "sleep, timer, lock, unlock, wait, signal, broad, sync, "
                "suspend, resume, yield, barrier, fork, mem, iorun, memrun) or "
                "a setting (instance, delay, loop, phases, policy, priority, "
                "cpus)"},
        BadFile{"PhasesIsNumber", "{\"tasks\": {\"t\": {\"phases\": 1}}}",
                "w.json:1:28: key \"phases\": expected an object of one phase "
                "or more, got 1"},
        BadFile{"PhaseIsNumber",
                "{\"tasks\": {\"t\": {\"phases\": {\"p\": 1}}}}",
                "w.json:1:34: key \"p\": expected an object, a phase, got 1"},
        BadFile{"EventBesidePhases",
                "{\"tasks\": {\"t\": {\"phases\": {\"p\": {\"run\": 1}}, "
                "\"sleep\": 1}}}",
                "w.json:1:47: key \"sleep\": expected the task's events in its "
                "\"phases\""},
        BadFile{"InstanceInPhase",
                "{\"tasks\": {\"t\": {\"phases\": {\"p\": {\"run\": 1, "
                "\"instance\": 1}}}}}",
                "w.json:1:45: key \"instance\": expected an event (run, "
                "runtime, sleep, timer, lock, unlock, wait, signal, broad, "
                "sync, suspend, resume, yield, barrier, fork, mem, iorun, "
                "memrun) or a setting (instance, delay, loop, phases, policy, "
                "priority, cpus)"},
        BadFile{"SettingTwice",
                "{\"tasks\": {\"t\": {\"loop\": 1, \"run\": 1, \"loop\": 2}}}",
                "w.json:1:39: key \"loop\": expected only once, it is given "
                "twice"}),
    NameOf);

// Values: an event or a setting, and where it is wrong.
struct BadValue {
  const char* name;
  // Members of a task, from column 19 of line 1 on.
  const char* members;
  // After "w.json:1:".
  const char* error;
};

class BadValueTest : public testing::TestWithParam<BadValue> {};

TEST_P(BadValueTest, IsRefusedWithPlaceKeyAndExpectation) {
  EXPECT_EQ(ErrorOf(absl::StrCat("{\"tasks\": { \"t\": {", GetParam().members,
                                 "}}}")),
            absl::StrCat("w.json:1:", GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Values, BadValueTest,
    testing::Values(
        BadValue{"NegativeTime", R"("run": -5)",
                 "26: key \"run\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got -5"},
        BadValue{"FractionOfATime", R"("sleep": 1.5)",
                 "28: key \"sleep\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got 1.5"},
        BadValue{"HugeTime", R"("sleep": 99999999999999999999)",
                 "28: key \"sleep\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got 99999999999999999999"},
        BadValue{"TimeIsString", R"("runtime3": "10")",
                 "31: key \"runtime3\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got \"10\""},
        BadValue{"TimeIsBool", R"("sleep": false)",
                 "28: key \"sleep\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got false"},
        BadValue{"TimeIsNull", R"("sleep": null)",
                 "28: key \"sleep\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got null"},
        BadValue{"TimeIsMissing", R"("sleep", "run": 1)",
                 "26: key \"sleep\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got no value"},
        BadValue{"BytesIsObject", R"("mem": {})",
                 "26: key \"mem\": expected a number of bytes, an integer from "
                 "0 to 1000000000000, got an object"},
        BadValue{"MutexIsEmpty", R"("lock": "")",
                 "27: key \"lock\": expected the name of a mutex, got \"\""},
        BadValue{"MutexIsNumber", R"("unlock": 4)",
                 "29: key \"unlock\": expected the name of a mutex, got 4"},
        BadValue{"ConditionIsArray", R"("signal": ["c"])",
                 "29: key \"signal\": expected the name of a condition "
                 "variable, got an array"},
        BadValue{"WaitIsString", R"("wait": "c")",
                 "27: key \"wait\": expected an object with \"ref\" and "
                 "\"mutex\", got \"c\""},
        BadValue{"WaitWithoutMutex", R"("wait": {"ref": "c"})",
                 "19: key \"wait\": expected an object with \"ref\" and "
                 "\"mutex\", \"mutex\" is missing"},
        BadValue{"WaitWithMore",
                 R"("sync": {"ref": "c", "mutex": "m", "period": 1})",
                 "54: key \"period\": expected an object with \"ref\" and "
                 "\"mutex\" in it"},
        BadValue{"WaitWithNumber", R"("sync": {"ref": "c", "mutex": 1})",
                 "49: key \"mutex\": expected the name of a mutex, got 1"},
        BadValue{"WaitWithRefTwice",
                 R"("sync": {"ref": "c", "ref": "c", "mutex": "m"})",
                 "40: key \"ref\": expected only once, it is given twice"},
        BadValue{"TimerWithoutPeriod", R"("timer": {"ref": "t"})",
                 "19: key \"timer\": expected an object with \"ref\" and "
                 "\"period\", \"period\" is missing"},
        BadValue{"TimerWithNegativePeriod",
                 R"("timer": {"ref": "t", "period": -1})",
                 "51: key \"period\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got -1"},
        BadValue{"TimerOfUnknownMode",
                 R"("timer": {"ref": "t", "period": 1, "mode": "late"})",
                 "62: key \"mode\": expected \"relative\" or \"absolute\", got "
                 "\"late\""},
        BadValue{"TimerWithMore",
                 R"("timer": {"ref": "t", "period": 1, "offset": 1})",
                 "54: key \"offset\": expected an object with \"ref\" and "
                 "\"period\", and maybe \"mode\" in it"},
        BadValue{"YieldIsNumber", R"("yield": 1)",
                 "28: key \"yield\": expected a string, which may be empty, "
                 "got 1"},
        BadValue{"BarrierIsMissing", R"("barrier")",
                 "28: key \"barrier\": expected the name of a barrier, got no "
                 "value"},
        BadValue{"ResumeOfNobody", R"("run": 1, "resume": "x")",
                 "39: key \"resume\": expected the name of a task, or one at "
                 "which other tasks suspend, got \"x\""},
        BadValue{"SuspendThatNobodyResumes", R"("run": 1, "suspend1": "x")",
                 "41: key \"suspend1\": expected the name of a task, or one at "
                 "which other tasks resume, got \"x\""},
        BadValue{"ForkOfNobody", R"("run": 1, "fork": "x")",
                 "37: key \"fork\": expected the name of a task, got \"x\""},
        BadValue{"BarrierInForked", R"("run": 1, "fork": "t", "barrier2": "b")",
                 "54: key \"barrier2\": expected none in task \"t\", which is "
                 "forked: how many would come is not known"},
        BadValue{"NegativeInstances", R"("instance": -1, "run": 1)",
                 "31: key \"instance\": expected a number of threads, an "
                 "integer from 0 to 65536, got -1"},
        BadValue{"TooManyThreads", R"("instance": 65537, "run": 1)",
                 "31: key \"instance\": expected a number of threads, an "
                 "integer from 0 to 65536, got 65537"},
        BadValue{"NegativeDelay", R"("delay": -1, "run": 1)",
                 "28: key \"delay\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got -1"},
        BadValue{"LoopIsString", R"("loop": "for ever", "run": 1)",
                 "27: key \"loop\": expected a number of loops, or -1 for "
                 "ever, an integer from -1 to 2147483647, got \"for ever\""},
        BadValue{"LoopBelowForEver", R"("loop": -2, "run": 1)",
                 "27: key \"loop\": expected a number of loops, or -1 for "
                 "ever, an integer from -1 to 2147483647, got -2"},
        BadValue{"CpusIsNumber", R"("cpus": 1, "run": 1)",
                 "27: key \"cpus\": expected a list of CPU numbers, like [0, "
                 "1], got 1"},
        BadValue{"CpusIsEmpty", R"("cpus": [], "run": 1)",
                 "27: key \"cpus\": expected a list of CPU numbers, like [0, "
                 "1], got an array"},
        BadValue{"CpuIsNegative", R"("cpus": [0, -1], "run": 1)",
                 "31: key \"cpus\": expected the number of a CPU, an integer "
                 "from 0 to 1023, got -1"},
        BadValue{"UnknownPolicy", R"("policy": "SCHED_FAIR", "run": 1)",
                 "29: key \"policy\": expected \"SCHED_OTHER\", "
                 "\"SCHED_IDLE\", \"SCHED_RR\", \"SCHED_FIFO\" or "
                 "\"SCHED_DEADLINE\", got \"SCHED_FAIR\""},
        BadValue{"NiceOutOfRange", R"("priority": 20, "run": 1)",
                 "31: key \"priority\": expected a nice value, an integer from "
                 "-20 to 19, got 20"},
        BadValue{"PriorityOutOfRange",
                 R"("priority": 0, "policy": "SCHED_RR", "run": 1)",
                 "31: key \"priority\": expected a real-time priority, an "
                 "integer from 1 to 99, got 0"},
        BadValue{"PriorityInPhase",
                 R"("policy": "SCHED_FIFO", "phases": {"p": {"priority": -1, )"
                 R"("run": 1}})",
                 "72: key \"priority\": expected a real-time priority, an "
                 "integer from 1 to 99, got -1"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    EndlessLoops, BadValueTest,
    testing::Values(
        BadValue{"OnlyYields", R"("yield": "")",
                 "13: key \"t\": expected a \"run\", a \"sleep\" or another "
                 "event that takes time: the task would loop for ever without "
                 "using CPU and without blocking"},
        BadValue{"NoTimeAtAll",
                 R"("run": 0, "sleep": 0, "timer": {"ref": "t", "period": 0})",
                 "13: key \"t\": expected a \"run\", a \"sleep\" or another "
                 "event that takes time: the task would loop for ever without "
                 "using CPU and without blocking"},
        BadValue{
            "InOnePhase",
            R"("phases": {"a": {"run": 1}, "b": {"loop": -1, "yield": ""}})",
            "13: key \"t\": expected a \"run\", a \"sleep\" or another "
            "event that takes time: the task would loop for ever without "
            "using CPU and without blocking"},
        BadValue{"BarrierForOne", R"("barrier": "b", "signal": "c")",
                 "13: key \"t\": expected a \"run\", a \"sleep\" or another "
                 "event that takes time: the task would loop for ever without "
                 "using CPU and without blocking"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ParserLimits, DurationOutOfRange) {
  EXPECT_EQ(
      ErrorOf(R"({"tasks": {"t": {"run": 1}}, "global": {"duration": -2}})"),
      "w.json:1:53: key \"duration\": expected a number of seconds, or -1 "
      "for no limit, an integer from -1 to 1000000, got -2");
}

TEST(ParserLimits, FiniteLoopsWithoutTime_AreAllowed) {
  EXPECT_EQ(ErrorOf(R"({"tasks": {"t": {"loop": 5, "yield": ""}}})"),
            "no error");
}

TEST(ParserLimits, ColumnsAreCharacters) {
  EXPECT_EQ(ErrorOf("{\"tasks\": {\"äöü→\": {\"walk\": 1}}}").substr(0, 13),
            "w.json:1:21: ");
}

TEST(ParserLimits, ZeroByte_IsNoEnd) {
  EXPECT_EQ(ErrorOf(std::string_view("{\"tasks\": {}}\n\0{", 16)),
            "w.json:2:1: expected text, found a zero byte");
}

TEST(ParserLimits, LongKeysAndValues_AreCutInMessages) {
  const std::string error = ErrorOf(absl::StrCat(
      R"({"tasks": {"t": {")", std::string(1000, 'x'), R"(": 1}}})"));
  EXPECT_EQ(error.substr(0, 94),
            "w.json:1:18: key \"" + std::string(60, 'x') + "...\": expected a");
}

TEST(ParserLimits, DepthIsBounded) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(
      ErrorOf(absl::StrCat("{\"tasks\": ", deep)),
      "w.json:1:26: key \"tasks\": expected at most 16 objects and arrays "
      "inside each other");
}

TEST(ParserLimits, NumberOfValuesIsBounded) {
  std::string many = "{\"tasks\": [";
  for (size_t i = 0; i < kMaxJsonNodes; ++i) many += "1,";
  const std::string error = ErrorOf(many);
  EXPECT_NE(error.find("expected at most 500000 values"), std::string::npos)
      << error;
}

TEST(ParserLimits, SizeIsBounded) {
  const std::string error = ErrorOf(std::string(kMaxJsonBytes + 1, ' '));
  EXPECT_NE(error.find("expected at most 16 MiB of text"), std::string::npos)
      << error;
}

TEST(ParserLimits, ThreadsOfAllTasksAreBounded) {
  EXPECT_EQ(
      ErrorOf("{\"tasks\": {\"t\": {\"instance\": 40000, \"run\": 1},\n"
              " \"u\": {\"instance\": 40000, \"run\": 1}}}"),
      "w.json:2:2: key \"u\": expected at most 65536 threads of all tasks "
      "together");
}

}  // namespace
}  // namespace jiffy::sched::sim
