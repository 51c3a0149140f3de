// Workloads on live green threads: CPU time, the rules of a run, errors. The
// checks hold however busy the machine is.
#include "tools/lab/live/live_run.h"

#include <time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sched/registry.h"
#include "sched/run_list.h"
#include "sched/sim/metrics.h"
#include "tests/lab/live_testing.h"
#include "tests/lab/trace_checker.h"

namespace jiffy::lab {
namespace {

using sched::sim::MetricsSink;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

int64_t OsCpuUs() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

TEST(LiveRunTest, Run_Preempted_IsThatMuchCpuTime) {
  // 200 ms of CPU in all, divided by slices of a millisecond.
  const int64_t before_us = OsCpuUs();
  MetricsSink metrics;
  TraceChecker checker;
  const Ran ran =
      Live(R"({"tasks": {
      "A": {"instance": 4, "loop": 10, "run": 5000}}})",
           {.config = {.slice_ns = 1'000'000}}, {&metrics, &checker});
  const int64_t used_us = OsCpuUs() - before_us;
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_GE(used_us, 200'000);
  // This includes setting up, ticks and switches.
  EXPECT_LT(used_us, 300'000);
  EXPECT_EQ(checker.exited(), 4u);
  uint64_t preemptions = 0;
  for (const auto& task : metrics.result().tasks) {
    EXPECT_EQ(task.bursts, 10u);
    // CPU time taken by others makes the wall-clock time longer.
    EXPECT_GE(task.cpu_us, 49'900) << task.name;
    preemptions += task.preemptions;
  }
  EXPECT_GT(preemptions, 20u);
}

TEST(LiveRunTest, Run_ManyShortBursts_DoNotAddUpToMore) {
  const int64_t before_us = OsCpuUs();
  const Ran ran =
      Live(R"({"tasks": {"A": {"loop": 20000, "run": 5}}})", {}, {});
  const int64_t used_us = OsCpuUs() - before_us;
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_GE(used_us, 100'000);
  EXPECT_LT(used_us, 200'000);
}

TEST(LiveRunTest, Duration_EndsEndlessTasks) {
  TraceChecker checker;
  const Ran ran = Live(
      R"({"tasks": {
      "hog": {"instance": 3, "run": 1000000},
      "sleeper": {"sleep": 100000000, "run": 1},
      "blocked": {"loop": 1, "suspend": "blocked", "run": 1},
      "late": {"delay": 100000000, "run": 1}}})",
      {.config = {.slice_ns = 1'000'000}, .duration_us = 50'000}, {&checker});
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_EQ(ran.result.end_us, 50'000);
  EXPECT_EQ(checker.end_us(), 50'000);
  EXPECT_EQ(checker.created(), 6u);
  EXPECT_EQ(checker.exited(), 0u);
}

TEST(LiveRunTest, Duration_Zero_RunsNothing) {
  TraceChecker checker;
  const Ran ran =
      Live(R"({"tasks": {"A": {"run": 10}}})", {.duration_us = 0}, {&checker});
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_EQ(ran.result.end_us, 0);
  EXPECT_EQ(checker.created(), 1u);
  EXPECT_EQ(checker.order(), "");
}

TEST(LiveRunTest, Deadlock_IsNotedAsInASimulation) {
  constexpr char kText[] = R"({"tasks": {
      "A": {"loop": 1, "lock": "m", "run": 10, "suspend": "A"},
      "B": {"loop": 1, "run": 10, "lock": "m"},
      "C": {"loop": 1, "run": 10}}})";
  const SimOptions options = {.policy = "fifo", .duration_us = 3'600'000'000};
  TraceChecker checker;
  const Ran live = Live(kText, options, {&checker});
  ASSERT_TRUE(live.status.ok()) << live.status;
  EXPECT_THAT(live.notes, HasSubstr("deadlock at "));
  EXPECT_THAT(
      live.notes,
      HasSubstr(" us: all tasks that are left, 2, are blocked for ever\n"
                "  A-0 waits for a resume of \"A\"\n"
                "  B-1 waits for mutex \"m\", held by A-0"));
  EXPECT_LT(live.result.end_us, 3'600'000'000);
  EXPECT_EQ(checker.exited(), 1u);
}

TEST(LiveRunTest, Errors_AreThoseOfASimulation) {
  const struct {
    const char* text;
    SimOptions options;
  } kCases[] = {
      {R"({"tasks": {"A": {"run": 1, "unlock": "m"}}})", {.policy = "rr"}},
      {R"({"tasks": {"A": {"run": 1, "fork": "K"},
                     "K": {"instance": 0, "loop": 1, "run": 1}}})",
       {.policy = "rr"}},
      {R"({"tasks": {"A": {"instance": 3, "policy": "SCHED_DEADLINE",
                           "dl-runtime": 4000, "dl-period": 10000,
                           "run": 10}}})",
       {.policy = "edf"}},
      {R"({"tasks": {"A": {"instance": 64, "run": 10}}})",
       {.policy = "linux-0.01"}},
      {R"({"tasks": {"A": {"run": 10}}})", {.policy = "o3"}},
      {R"({"tasks": {"A": {"run": 10}}})",
       {.policy = "rr", .config = {.params = {{"x", "1"}}}}},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.text);
    const Ran live = Live(test.text, test.options, {});
    const Ran simulated = Simulated(test.text, test.options);
    EXPECT_FALSE(live.status.ok());
    EXPECT_EQ(live.status.code(), simulated.status.code());
    // Identical except for the time.
    const auto message = [](const Ran& ran) {
      const std::string text(ran.status.message());
      return text.substr(0, text.find(" (at "));
    };
    EXPECT_EQ(message(live), message(simulated));
  }
}

TEST(LiveRunTest, Linux001_SixtyThreeTasks_Fit) {
  TraceChecker checker;
  const Ran ran =
      Live(R"({"tasks": {"A": {"instance": 63, "loop": 1, "run": 10}}})",
           {.policy = "linux-0.01"}, {&checker});
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_EQ(checker.exited(), 63u);
}

TEST(LiveRunTest, TwoCpus_AreRefused) {
  const Ran ran = Live(R"({"tasks": {"A": {"run": 10}}})", {.cpus = 2}, {});
  EXPECT_EQ(ran.status,
            absl::InvalidArgumentError("cpus = 2: a live run has one CPU"));
}

TEST(LiveRunTest, TooShortTimes_AreRefused) {
  Ran ran = Live(R"({"tasks": {"A": {"run": 10}}})", {.tick_us = 10}, {});
  EXPECT_EQ(ran.status.message(), "tick = 10us: must be from 50us to 1h");
  ran = Live(R"({"tasks": {"A": {"dl-runtime": 20, "run": 10}}})",
             {.tick_us = 1000}, {});
  EXPECT_THAT(std::string(ran.status.message()),
              MatchesRegex("w.json:1:12: task \"A\": time_slice = 20us: must "
                           "be from 50us to 1h"));
}

TEST(LiveRunTest, CpusOfATask_ThatTheMachineLacks_AreNoted) {
  const Ran ran =
      Live(R"({"tasks": {"A": {"cpus": [1], "loop": 1, "run": 10}}})", {}, {});
  ASSERT_TRUE(ran.status.ok());
  EXPECT_THAT(ran.notes, StartsWith("w.json:1:12: task \"A\": the machine has "
                                    "none of its \"cpus\""));
}

TEST(LiveRunTest, OwnTaskOfMetrics_HasWakeupLatencies) {
  MetricsSink metrics;
  const Ran ran = Live(R"({"tasks": {
      "A": {"loop": 20, "run": 10, "sleep": 500}}})",
                       {}, {&metrics});
  ASSERT_TRUE(ran.status.ok());
  ASSERT_EQ(metrics.result().tasks.size(), 1u);
  EXPECT_EQ(metrics.result().tasks[0].wakeups, 20u);
  EXPECT_GE(metrics.result().elapsed_us, 20 * 500);
}

// A policy that is deliberately wrong.
class WrongPolicy final : public sched::Scheduler {
 public:
  explicit WrongPolicy(bool forgets) : forgets_(forgets) {}
  std::string_view name() const override { return "wrong"; }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason) override {
    list_.PushBack(entity);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason) override {
    blocked_ = &entity;
  }
  sched::Entity* PickNext() override {
    if (++picks_ < 3) return list_.PopFront();
    return forgets_ ? nullptr : blocked_;
  }
  bool Tick(sched::Entity&, int) override { return false; }

 private:
  const bool forgets_;
  sched::RunList list_;
  sched::Entity* blocked_ = nullptr;
  int picks_ = 0;
};

TEST(LiveRunTest, WrongPolicy_EndsTheRunWithAnError) {
  for (const bool forgets : {false, true}) {
    const std::string name = forgets ? "forgets" : "wakes";
    ASSERT_TRUE(sched::RegisterPolicy({name, "wrong",
                                       [=](const sched::PolicyConfig&) {
                                         return std::make_unique<WrongPolicy>(
                                             forgets);
                                       }})
                    .ok());
    const Ran ran = Live(R"({"tasks": {
        "A": {"loop": 2, "instance": 5, "run": 10, "suspend": "A"}}})",
                         {.policy = name}, {});
    EXPECT_TRUE(absl::IsInternal(ran.status)) << ran.status;
    EXPECT_THAT(
        std::string(ran.status.message()),
        StartsWith(forgets ? "scheduler \"wrong\" chose nobody, though tasks "
                             "of its are runnable (at "
                           : "scheduler \"wrong\" chose task \"A-1\", which is "
                             "not runnable (at "));
  }
}

// Everything at once, under every policy.
class EveryPolicyTest : public testing::TestWithParam<std::string> {};

TEST_P(EveryPolicyTest, MixedWorkload_LosesNobody) {
  TraceChecker checker;
  const Ran ran = Live(R"({"tasks": {
      "hog": {"loop": 2, "instance": 5, "run": 4000},
      "nice": {"loop": 2, "priority": 10, "run": 3000, "yield": ""},
      "rt": {"loop": 5, "policy": "SCHED_RR", "priority": 5, "run": 200,
             "sleep": 700},
      "dl": {"loop": 5, "policy": "SCHED_DEADLINE", "dl-runtime": 100,
             "dl-period": 3000, "run": 100,
             "timer": {"ref": "unique", "period": 3000}},
      "locker": {"loop": 20, "instance": 3, "lock": "m", "run": 100,
                 "unlock": "m", "barrier": "b"},
      "forker": {"loop": 4, "run": 300, "fork": "child", "sleep": 200},
      "child": {"instance": 0, "loop": 1, "delay": 100, "run": 500}}})",
                       {.policy = GetParam(), .tick_us = 1000}, {&checker});
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_EQ(checker.created(), 16u);
  EXPECT_EQ(checker.exited(), 16u);
  EXPECT_EQ(checker.never_ran(), 0u);
}

std::vector<std::string> BuiltIn() {
  std::vector<std::string> names;
  for (const auto& policy : sched::AllPolicies()) names.push_back(policy.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(
    Policies, EveryPolicyTest, testing::ValuesIn(BuiltIn()),
    [](const auto& info) {
      return absl::StrReplaceAll(info.param, {{"-", "_"}, {".", "_"}});
    });

}  // namespace
}  // namespace jiffy::lab
