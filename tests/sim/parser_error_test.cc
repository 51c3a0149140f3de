// Bad workload files: each is refused with the exact position, the key, and the
// expected form.
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

// Files that are not JSON.
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
                "w.json:1:11: key \"run\": expected a } for the { here, the "
                "text ends before it"},
        BadFile{"CutAfterAKey", "{\n  \"tasks\":",
                "w.json:1:1: key \"tasks\": expected a } for the { here, the "
                "text ends before it"},
        BadFile{"CutInAWord", "{\"tasks\": {\"t\": {\"cpus\": [tru",
                "w.json:1:26: key \"cpus\": expected a ] for the [ here, the "
                "text ends before it"},
        BadFile{
            "BracketsInStringsAndComments",
            "{\"tasks\": {\"}]\\\"}\": {} /* } ] */ // }\n",
            "w.json:1:11: key \"}]\\\"}\": expected a } for the { here, the "
            "text ends before it"},
        BadFile{"MoreAfterTheEnd", "{} {}",
                "w.json:1:4: expected nothing more after the object"},
        BadFile{"Word", "{\"tasks\": nothing}",
                "w.json:1:11: key \"tasks\": expected a value: a number, a "
                "string in double quotes, true, false, an object or an array"},
        BadFile{"NumberWithoutFraction", "{\"tasks\": 1.}",
                "w.json:1:13: key \"tasks\": expected a number"},
        BadFile{
            "StringWithoutEnd", "{\"tasks\": \"abc",
            "w.json:1:11: key \"tasks\": expected a double quote at the end "
            "of the string that begins here"},
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
        BadFile{"ZeroInAName", "{\"tasks\": {\"t\\u0000\": {\"run\": 1}}}",
                "w.json:1:21: key \"tasks\": expected a string without the "
                "character \\u0000"},
        BadFile{"ZeroInAValue", "{\"tasks\": {\"t\": {\"lock\": \"\\u0000\"}}}",
                "w.json:1:34: key \"lock\": expected a string without the "
                "character \\u0000"},
        BadFile{"Utf16", "\xFF\xFE{",
                "w.json:1:1: expected text in UTF-8, found the byte-order mark "
                "of UTF-16"},
        BadFile{"TwoByteOrderMarks", "\xEF\xBB\xBF\xEF\xBB\xBF{}",
                "w.json:1:2: expected a value: a number, a string in double "
                "quotes, true, false, an object or an array"},
        BadFile{"CommentWithoutEnd", "{\"tasks\": /* abc\n\n } */ /*/ {}",
                "w.json:3:7: key \"tasks\": expected */ at the end of the "
                "comment that begins here"},
        BadFile{"CommentAfterTheEnd", "{} /* abc",
                "w.json:1:4: expected */ at the end of the comment that begins "
                "here"},
        BadFile{"HalfAComment", "{\"tasks\": / abc}",
                "w.json:1:12: key \"tasks\": expected */ at the end of the "
                "comment, or // or /* at its start"}),
    NameOf);

// JSON, but not of the right structure.
INSTANTIATE_TEST_SUITE_P(
    Form, BadFileTest,
    testing::Values(
        BadFile{"RootIsArray", " []",
                "w.json:1:2: expected an object with \"tasks\", got an empty "
                "array"},
        BadFile{"NoTasks", "{\"global\": {}}",
                "w.json:1:1: key \"tasks\": expected an object of tasks, it is "
                "missing"},
        BadFile{"TasksIsNumber", "{\"tasks\": 5}",
                "w.json:1:11: key \"tasks\": expected an object of one task or "
                "more, got 5"},
        BadFile{"TasksIsEmpty", "{\"tasks\": {}}",
                "w.json:1:11: key \"tasks\": expected an object of one task or "
                "more, got an empty object"},
        BadFile{"MisspeltSection", "{\"task\": {}}",
                "w.json:1:1: key \"tasks\": expected an object of tasks, it is "
                "missing"},
        BadFile{"GlobalIsArray",
                "{\"tasks\": {\"t\": {\"run\": 1}}, \"global\": []}",
                "w.json:1:40: key \"global\": expected an object of settings, "
                "got an empty array"},
        BadFile{
            "InheritanceIsNumber",
            "{\"tasks\": {\"t\": {\"run\": 1}}, \"global\": {\"pi_enabled\": "
            "1}}",
            "w.json:1:55: key \"pi_enabled\": expected true or false, got "
            "1"},
        BadFile{"TaskIsNumber", "{\"tasks\": {\"t\": 1}}",
                "w.json:1:17: key \"t\": expected an object, a task, got 1"},
        BadFile{"TaskWithoutEvents", "{\"tasks\": {\n\"t\": {\"loop\": 1}}}",
                "w.json:2:1: key \"t\": expected one event or more in it: "
                "runtime, run, sleep, timer, lock, unlock, wait, signal, "
                "broad, sync, suspend, resume, yield, barrier, fork, memrun, "
                "mem, iorun, sem_wait, sem_post"},
        BadFile{"OnlyUnknownKeys", "{\"tasks\": {\"t\": {\"walk\": 1}}}",
                "w.json:1:12: key \"t\": expected one event or more in it: "
                "runtime, run, sleep, timer, lock, unlock, wait, signal, "
                "broad, sync, suspend, resume, yield, barrier, fork, memrun, "
                "mem, iorun, sem_wait, sem_post"},
        BadFile{"PhasesIsNumber", "{\"tasks\": {\"t\": {\"phases\": 1}}}",
                "w.json:1:28: key \"phases\": expected an object of one phase "
                "or more, got 1"},
        BadFile{"PhasesIsEmpty", "{\"tasks\": {\"t\": {\"phases\": {}}}}",
                "w.json:1:28: key \"phases\": expected an object of one phase "
                "or more, got an empty object"},
        BadFile{"PhaseIsNumber",
                "{\"tasks\": {\"t\": {\"phases\": {\"p\": 1}}}}",
                "w.json:1:34: key \"p\": expected an object, a phase, got 1"}),
    NameOf);

// Bad values: an event or a setting, and the position of the error.
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
                 "0 to 1000000000000, got an empty object"},
        BadValue{
            "NegativeSizeOfMemRun", R"("memrun": {"size": -1})",
            "38: key \"size\": expected a number of bytes, an integer from "
            "0 to 1000000000000, got -1"},
        BadValue{"SemaphoreIsNumber", R"("sem_post": 1)",
                 "31: key \"sem_post\": expected the name of a semaphore, got "
                 "1"},
        BadValue{"MutexIsNumber", R"("unlock": 4)",
                 "29: key \"unlock\": expected the name of a mutex, got 4"},
        BadValue{"ConditionIsArray", R"("signal": ["c"])",
                 "29: key \"signal\": expected the name of a condition "
                 "variable, got an array"},
        BadValue{"WaitIsString", R"("wait": "c")",
                 "27: key \"wait\": expected an object with \"ref\", "
                 "\"mutex\", got \"c\""},
        BadValue{"WaitWithNumber", R"("sync": {"ref": "c", "mutex": 1})",
                 "49: key \"mutex\": expected the name of a mutex, got 1"},
        BadValue{"TimerWithNegativePeriod",
                 R"("timer": {"ref": "t", "period": -1})",
                 "51: key \"period\": expected a number of microseconds, an "
                 "integer from 0 to 1000000000000, got -1"},
        BadValue{"BarrierIsMissing", R"("barrier")",
                 "28: key \"barrier\": expected the name of a barrier, got no "
                 "value"},
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
                 "ever, an integer from -2147483648 to 2147483647, got \"for "
                 "ever\""},
        BadValue{"CpusIsNumber", R"("cpus": 1, "run": 1)",
                 "27: key \"cpus\": expected a list of CPU numbers, like [0, "
                 "1], got 1"},
        BadValue{"CpusIsEmpty", R"("cpus": [], "run": 1)",
                 "27: key \"cpus\": expected a list of CPU numbers, like [0, "
                 "1], got an empty array"},
        BadValue{"CpuIsNegative", R"("cpus": [0, -1], "run": 1)",
                 "31: key \"cpus\": expected the number of a CPU, an integer "
                 "from 0 to 1023, got -1"},
        BadValue{"UnknownPolicy", R"("policy": "SCHED_FAIR", "run": 1)",
                 "29: key \"policy\": expected \"SCHED_OTHER\", "
                 "\"SCHED_BATCH\", \"SCHED_IDLE\", \"SCHED_RR\", "
                 "\"SCHED_FIFO\" or \"SCHED_DEADLINE\", got \"SCHED_FAIR\""},
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
      ErrorOf(
          R"({"tasks": {"t": {"run": 1}}, "global": {"duration": 1000001}})"),
      "w.json:1:53: key \"duration\": expected a number of seconds, or 0 "
      "for no limit, an integer from -2147483648 to 1000000, got 1000001");
}

TEST(ParserLimits, FiniteLoopsWithoutTime_AreAllowed) {
  EXPECT_EQ(ErrorOf(R"({"tasks": {"t": {"loop": 5, "yield": ""}}})"),
            "no error");
}

TEST(ParserLimits, ColumnsAreCharacters) {
  EXPECT_EQ(ErrorOf("{\"tasks\": {\"äöü→\": {\"run\": -1}}}").substr(0, 13),
            "w.json:1:28: ");
}

TEST(ParserLimits, ZeroByte_IsNoEnd) {
  EXPECT_EQ(ErrorOf(std::string_view("{\"tasks\": {}}\n\0{", 16)),
            "w.json:2:1: expected text, found a zero byte");
}

TEST(ParserLimits, LongKeysAndValues_AreCutInMessages) {
  const std::string error = ErrorOf(absl::StrCat(
      R"({"tasks": {"t": {"run)", std::string(1000, 'x'), R"(": -1}}})"));
  EXPECT_EQ(
      error.substr(0, 96),
      "w.json:1:1025: key \"run" + std::string(57, 'x') + "...\": expected a");
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
