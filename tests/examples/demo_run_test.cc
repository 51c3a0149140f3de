// The demo as a library, live: correct under every policy, and explicit about a
// wrong result.

#include "examples/demo_run.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/demo.h"
#include "examples/demo_flags.h"
#include "examples/demo_report.h"
#include "examples/progress.h"
#include "examples/screen.h"
#include "examples/sort.h"
#include "examples/sort_workload.h"
#include "examples/task_spec.h"
#include "examples/workload.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"

namespace jiffy::examples {
namespace {

using Workloads = std::vector<std::unique_ptr<Workload>>;

// A screen whose text can be read.
class RecordedScreen {
 public:
  RecordedScreen() { screen_.out = tmpfile(); }
  ~RecordedScreen() { fclose(screen_.out); }

  Screen& screen() { return screen_; }
  std::string Text() const {
    rewind(screen_.out);
    std::string text;
    for (int c = getc(screen_.out); c != EOF; c = getc(screen_.out)) {
      text += static_cast<char>(c);
    }
    return text;
  }

 private:
  Screen screen_;
};

Workloads SmallWorkloads(const std::string& tasks) {
  return MakeWorkloads(
      *ParseTaskSpecs(tasks),
      {.sort_input = RandomNumbers(50'000, 1), .last_naive_fib = 28});
}

DemoOptions Options() {
  DemoOptions options;
  options.scheduler = "rr";
  options.slice = absl::Milliseconds(1);
  options.tasks = {{TaskKind::kSort, 1, 0}};
  return options;
}

class DemoRunTest : public testing::TestWithParam<std::string> {};

TEST_P(DemoRunTest, RunWorkloads_AllKinds_AllCorrect) {
  RecordedScreen recorded;
  Progress progress(recorded.screen());
  const auto result = RunWorkloads(
      {.scheduler = GetParam(), .time_slice = absl::Microseconds(200)},
      absl::ZeroDuration(), SmallWorkloads("sort:6,fib:4"), progress);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->tasks.size(), 10u);
  for (const TaskResult& task : result->tasks) {
    EXPECT_TRUE(task.verdict.correct) << task.name << ": " << task.verdict.text;
    EXPECT_EQ(task.rounds, 1);
    EXPECT_EQ(task.stats.name, task.name);
    EXPECT_GT(task.stats.cpu_time, absl::ZeroDuration());
    EXPECT_LE(task.stats.cpu_time, task.stats.ended - task.stats.spawned);
    EXPECT_LE(task.stats.ended - task.stats.spawned, result->wall_time());
  }
  EXPECT_TRUE(result->all_correct());
  EXPECT_EQ(ExitStatus(*result), 0);
}

TEST_P(DemoRunTest, RunWorkloads_ForADuration_TheyStartAgain) {
  RecordedScreen recorded;
  Progress progress(recorded.screen());
  const auto result = RunWorkloads(
      {.scheduler = GetParam(), .time_slice = absl::Microseconds(200)},
      absl::Milliseconds(200), SmallWorkloads("sort:2,fib:2"), progress);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->all_correct());
  EXPECT_GE(result->wall_time(), absl::Milliseconds(200));
  for (const TaskResult& task : result->tasks) EXPECT_GE(task.rounds, 1);
}

std::vector<std::string> PolicyNames() {
  std::vector<std::string> names;
  for (const auto& policy : sched::AllPolicies()) names.push_back(policy.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Policies, DemoRunTest,
                         testing::ValuesIn(PolicyNames()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           for (char& c : name) {
                             if (c == '-' || c == '.') c = '_';
                           }
                           return name;
                         });

// Priorities 30 and 15 are ticks a turn. The results are counted in ticks, too,
// so that a busy machine changes them little, within the bounds.
TEST(DemoLinux001Test, Priorities_TwoToOne_CpuIsTwoToOne) {
  RecordedScreen recorded;
  Progress progress(recorded.screen());
  // A turn of all four is 90 ticks; this takes 10 turns. A busy machine
  // delivers ticks late, several at once: few of them are much for a slice.
  const auto result =
      RunWorkloads({.scheduler = "linux-0.01", .tick = absl::Milliseconds(4)},
                   10 * absl::Milliseconds(4 * 90),
                   SmallWorkloads("sort:2:30,fib:2:15"), progress);
  ASSERT_TRUE(result.ok()) << result.status();
  const auto ticks = [&](size_t task) {
    return static_cast<double>(result->tasks[task].stats.ticks);
  };
  const double ratio = (ticks(0) + ticks(1)) / (ticks(2) + ticks(3));
  EXPECT_GT(ratio, 1.7);
  EXPECT_LT(ratio, 2.3);
  EXPECT_TRUE(result->all_correct());
}

TEST(DemoRunErrorTest, TooManyTasksForThePolicy_ErrorNamesTheTask) {
  RecordedScreen recorded;
  Progress progress(recorded.screen());
  const auto result =
      RunWorkloads({.scheduler = "linux-0.01"}, absl::ZeroDuration(),
                   SmallWorkloads("fib:63"), progress);
  EXPECT_TRUE(absl::IsResourceExhausted(result.status())) << result.status();
  EXPECT_NE(result.status().message().find("task fib.even.32: "),
            absl::string_view::npos)
      << result.status();
}

// Deliberately wrong work: a sort that forgets one element.
void SortBadly(std::span<uint64_t> items) {
  QuickSort(items);
  items.back() = items.front();
}

Workloads WithABadSort() {
  Workloads workloads = SmallWorkloads("sort:1,fib:2");
  workloads.push_back(std::make_unique<SortWorkload<uint64_t>>(
      "sort.bad", SortAlgorithm<uint64_t>{"bad", &SortBadly},
      RandomNumbers(1000, 1)));
  return workloads;
}

TEST(DemoTest, RunDemo_NarrowScreen_NoLineOfTheReportIsLonger) {
  for (const int columns : {46, 60, 79, 80, 120}) {
    SCOPED_TRACE(columns);
    RecordedScreen recorded;
    recorded.screen().columns = columns;
    EXPECT_EQ(
        RunDemo(Options(), recorded.screen(), SmallWorkloads("sort:2,fib:2")),
        0);
    const std::string text = recorded.Text();
    const size_t report = text.find("\nWho ran when");
    ASSERT_NE(report, std::string::npos) << text;
    size_t begin = report + 1;
    for (size_t end = text.find('\n', begin); end != std::string::npos;
         begin = end + 1, end = text.find('\n', begin)) {
      EXPECT_LE(end - begin, static_cast<size_t>(columns))
          << text.substr(begin, end - begin);
    }
    EXPECT_NE(text.find("CPU time"), std::string::npos) << text;
    EXPECT_NE(text.find("longest wait"), std::string::npos) << text;
    EXPECT_EQ(text.find("preempted") != std::string::npos, columns >= 51);
    EXPECT_EQ(text.find("turnaround") != std::string::npos, columns >= 80);
  }
}

TEST(DemoTest, RunDemo_AllRight_ExitsWithZeroAndSaysSo) {
  RecordedScreen recorded;
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunDemo(Options(), recorded.screen(), SmallWorkloads("sort,fib:2")),
            0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  const std::string text = recorded.Text();
  EXPECT_NE(text.find("sorted: yes (50000 numbers, permutation ok) ok\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("fib(90) = 2880067194370816120 ok\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("All 3 results are right"), std::string::npos) << text;
  EXPECT_EQ(text.find("WRONG"), std::string::npos) << text;
}

TEST(DemoTest, RunDemo_OneWrongResult_IsLoudAndExitsWithOne) {
  RecordedScreen recorded;
  DemoOptions options = Options();
  options.json = testing::TempDir() + "/wrong.json";
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunDemo(options, recorded.screen(), WithABadSort()), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "demo: WRONG RESULTS, see above\n");
  const std::string text = recorded.Text();
  EXPECT_NE(text.find("sort.bad     sorted: NO, element 999 is less than the "
                      "one before it WRONG\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1 of 4 results are WRONG"), std::string::npos) << text;
  EXPECT_EQ(text.find("results are right"), std::string::npos) << text;

  FILE* file = fopen(options.json.c_str(), "r");
  ASSERT_NE(file, nullptr);
  std::string json(10'000, ' ');
  json.resize(fread(json.data(), 1, json.size(), file));
  fclose(file);
  rapidjson::Document document;
  document.Parse(json.c_str());
  ASSERT_FALSE(document.HasParseError()) << json;
  EXPECT_TRUE(document["tasks"][0]["correct"].GetBool());
  EXPECT_FALSE(document["tasks"][3]["correct"].GetBool());
}

// An exception that leaves the work is a wrong result, too.
class Thrower final : public Workload {
 public:
  Thrower() : Workload("thrower") {}
  void Run() override { throw std::runtime_error("out of luck"); }
  Verdict Check() const override { return {true, "never asked"}; }
};

TEST(DemoTest, RunDemo_WorkThrows_IsLoudAndExitsWithOne) {
  RecordedScreen recorded;
  Workloads workloads = SmallWorkloads("sort,fib:1");
  workloads.push_back(std::make_unique<Thrower>());
  EXPECT_EQ(RunDemo(Options(), recorded.screen(), workloads), 1);
  EXPECT_NE(recorded.Text().find(
                "thrower      ended by an exception: out of luck WRONG\n"),
            std::string::npos)
      << recorded.Text();
}

TEST(DemoTest, ExitStatus_OfResults_OneIfAnyIsWrong) {
  DemoResult result;
  result.tasks.resize(3);
  for (TaskResult& task : result.tasks) task.verdict.correct = true;
  EXPECT_EQ(ExitStatus(result), 0);
  result.tasks[1].verdict.correct = false;
  EXPECT_EQ(ExitStatus(result), 1);
}

// On a terminal, progress lines are overwritten; elsewhere there are few of
// them.
TEST(ProgressTest, Show_InPlace_GoesUpByAsManyLines) {
  RecordedScreen recorded;
  recorded.screen().in_place = true;
  Progress progress(recorded.screen());
  std::vector<ThreadStats> tasks(3);
  tasks[1].name = "second";
  for (int i = 0; i < 4; ++i) progress.Show(tasks);
  const std::string text = recorded.Text();
  size_t lines = 0;
  for (const char c : text) lines += c == '\n';
  EXPECT_EQ(lines, 1 + 4 * 3u);
  size_t redrawn = 0;
  for (size_t at = text.find("\033[3A"); at != std::string::npos;
       at = text.find("\033[3A", at + 1)) {
    redrawn++;
  }
  EXPECT_EQ(redrawn, 3u);
}

TEST(ProgressTest, Show_InPlaceMoreTasksThanRows_ShowsSome) {
  RecordedScreen recorded;
  recorded.screen().in_place = true;
  recorded.screen().rows = 10;
  Progress progress(recorded.screen());
  progress.Show(std::vector<ThreadStats>(50));
  EXPECT_NE(recorded.Text().find("and 43 more"), std::string::npos)
      << recorded.Text();
}

TEST(ProgressTest, Show_NotATerminal_SaysNothingAtFirst) {
  RecordedScreen recorded;
  Progress progress(recorded.screen());
  // A thousand tasks: one line each is due after 200 seconds.
  for (int i = 0; i < 100; ++i) progress.Show(std::vector<ThreadStats>(1000));
  EXPECT_EQ(recorded.Text(), "");
}

}  // namespace
}  // namespace jiffy::examples
