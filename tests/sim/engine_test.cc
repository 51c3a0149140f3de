// The run as a whole: how it ends, which workloads it refuses, several CPUs,
// ticks.
#include "sched/sim/engine.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "sched/registry.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "sched/sim/trace.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

TEST(Engine, UnknownPolicy_ListsTheKnownOnes) {
  const Outcome outcome =
      RunWorkload(R"({"tasks": {"A": {"run": 1}}})", {.policy = "o3"});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(outcome.status.message().find("linux-0.01"), std::string::npos);
}

TEST(Engine, BadOptions_AreNamedWithTheirValue) {
  const char* const text = R"({"tasks": {"A": {"run": 1}}})";
  EXPECT_EQ(RunWorkload(text, {.cpus = 0}).status.message(),
            "cpus = 0: must be from 1 to 1024");
  EXPECT_EQ(RunWorkload(text, {.cpus = 1025}).status.message(),
            "cpus = 1025: must be from 1 to 1024");
  EXPECT_EQ(RunWorkload(text, {.tick_us = 0}).status.message(),
            "tick_us = 0: must be from 1 to 1000000000000");
}

TEST(Engine, EndlessRun_IsCutWithANote) {
  const Outcome outcome =
      RunWorkload(R"({"tasks": {"A": {"run": 1000}}})", {.policy = "fifo"});
  EXPECT_EQ(outcome.end_us, kEndlessRunUs);
  EXPECT_EQ(outcome.notes,
            "stopped after 60 s: no \"duration\" ends the run, and task \"A\" "
            "loops for ever");
}

TEST(Engine, LongRunOfFiniteTasks_IsNotCut) {
  const Outcome outcome = RunWorkload(
      R"({"tasks": {"A": {"loop": 100, "run": 1000000}}})", {.policy = "fifo"});
  EXPECT_EQ(outcome.end_us, 100'000'000);
  EXPECT_EQ(outcome.notes, "");
}

TEST(Engine, NoThreads_RunsForNoTime) {
  const Outcome outcome =
      RunWorkload(R"({"tasks": {"A": {"instance": 0, "run": 1}}})", {});
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.end_us, 0);
  EXPECT_EQ(outcome.notes, "");
}

TEST(Engine, SpinningTasks_EndTheRunWithTheirPlace) {
  // Neither alone would be visible in the file: each blocks until the other
  // releases it.
  const Outcome outcome = RunWorkload(
      "{\"tasks\": {\n"
      "  \"A\": {\"resume\": \"B\", \"suspend\": \"\"},\n"
      "  \"B\": {\"resume\": \"A\", \"suspend\": \"\"}}}",
      {.policy = "fifo"});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcome.status.message().substr(0, 9), "w.json:2:");
  EXPECT_NE(outcome.status.message().find(
                "is in a loop that lets no time pass: 1000001 events happened "
                "at one instant (at 0 us)"),
            std::string::npos)
      << outcome.status;
}

TEST(Engine, YieldingTasks_ThatNeverRun_EndTheRun) {
  const Outcome outcome = RunWorkload(
      R"({"tasks": {"A": {"lock": "m", "yield": "", "unlock": "m"},
                    "B": {"lock": "n", "yield": "", "unlock": "n"}}})",
      {.policy = "rr"});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(Engine, Tick_IsThePolicysOwn_ElseTheSlice_UnlessSet) {
  struct TickSink : TraceSink {
    void OnStart(const RunInfo& run) override { tick_us = run.tick_us; }
    int64_t tick_us = 0;
  } sink;
  const Workload workload =
      MustParse(R"({"tasks": {"A": {"loop": 1, "run": 1}}})");
  RunWorkload(workload, {.policy = "linux-0.01"}, {&sink});
  EXPECT_EQ(sink.tick_us, 10'000);
  RunWorkload(workload, {.policy = "rr", .config = {.slice_ns = 3'000'000}},
              {&sink});
  EXPECT_EQ(sink.tick_us, 3'000);
  RunWorkload(workload, {.policy = "linux-0.01", .tick_us = 1'000}, {&sink});
  EXPECT_EQ(sink.tick_us, 1'000);
}

TEST(Engine, SameArguments_SameRun) {
  const Workload workload = MustParse(R"({
    "tasks": {"A": {"instance": 5, "run": 3000, "sleep": 2000},
              "B": {"instance": 5, "run": 7000}},
    "global": {"duration": 1}})");
  const SimOptions options = {.policy = "random", .config = {.seed = 7}};
  const Outcome first = RunWorkload(workload, options);
  EXPECT_EQ(first.switches, RunWorkload(workload, options).switches);
  SimOptions other = options;
  other.config.seed = 8;
  EXPECT_NE(first.switches, RunWorkload(workload, other).switches);
}

// Every policy, on several numbers of CPUs, with a workload that has
// everything.
TEST(Engine, EveryPolicy_RunsEverythingToItsEnd) {
  const Workload workload = MustParse(R"({
    "tasks": {
      "mutex": {"instance": 3, "loop": 20, "lock": "m", "run": 300,
                "sleep": 100, "unlock": "m"},
      "barrier": {"instance": 4, "loop": 10, "run": 500, "barrier": "b"},
      "timer": {"loop": 10, "priority": -5, "run": 200,
                "timer": {"ref": "unique", "period": 3000}},
      "yield": {"instance": 2, "loop": 50, "run": 50, "yield": ""},
      "hog": {"instance": 2, "loop": 1, "priority": 5, "run": 100000},
      "parent": {"loop": 5, "run": 1000, "fork": "child"},
      "child": {"instance": 0, "loop": 2, "delay": 500, "run": 700},
      "phases": {"loop": 3, "phases": {
        "first": {"loop": 2, "run": 400, "cpus": [0]},
        "second": {"priority": 3, "run": 600, "cpus": [1]}}}}})");
  for (const PolicyInfo& policy : AllPolicies()) {
    for (const int cpus : {1, 2, 3}) {
      SCOPED_TRACE(policy.name + ", CPUs: " + std::to_string(cpus));
      const Outcome outcome =
          RunWorkload(workload, {.policy = policy.name, .cpus = cpus});
      EXPECT_TRUE(outcome.status.ok()) << outcome.status;
      EXPECT_GT(outcome.end_us, 200'000 / cpus);
      EXPECT_EQ(outcome.notes.find("deadlock"), std::string::npos)
          << outcome.notes;
    }
  }
}

TEST(Engine, ManyCpus_TasksGoRoundBySlot_LowestCpuFirst) {
  // A-0 and A-2 on CPU 0, A-1 on CPU 1.
  EXPECT_EQ("\n" + RunWorkload(R"({"tasks": {"A": {"instance": 3, "loop": 1,
                                           "run": 1000}}})",
                               {.policy = "fifo", .cpus = 2})
                       .switches,
            R"(
0,0,idle,R,A-0
0,1,idle,R,A-1
1000,0,A-0,X,A-2
1000,1,A-1,X,idle
2000,0,A-2,X,idle
)");
}

TEST(Engine, Cpus_AreHonoured_AndAPhaseMovesItsTask) {
  EXPECT_EQ("\n" + RunWorkload(R"({
    "tasks": {
      "A": {"cpus": [1], "loop": 1, "run": 1000},
      "B": {"loop": 1, "cpus": [2], "phases": {
        "here": {"run": 1000}, "there": {"cpus": [0], "run": 1000},
        "back": {"run": 1000}}}}})",
                               {.policy = "fifo", .cpus = 3})
                       .switches,
            R"(
0,1,idle,R,A-0
0,2,idle,R,B-1
1000,1,A-0,X,idle
1000,2,B-1,R,idle
1000,0,idle,R,B-1
2000,0,B-1,R,idle
2000,2,idle,R,B-1
3000,2,B-1,X,idle
)");
}

TEST(Engine, CpusThatTheMachineLacks_AreNotedOnce) {
  const Outcome outcome = RunWorkload(
      "{\"tasks\": {\n\"A\": {\"instance\": 2, \"cpus\": [4, 5], \"loop\": 1, "
      "\"run\": 10}}}",
      {.policy = "fifo"});
  EXPECT_EQ(outcome.notes,
            "w.json:2:1: task \"A\": the machine has none of its \"cpus\"; it "
            "may run on any");
  EXPECT_EQ(outcome.end_us, 20);
}

TEST(Engine, Phases_ChangePriorities) {
  // Linux 0.01 reads them at the next recharge: B goes from 15 ticks to 20.
  EXPECT_EQ(SwitchesUnder("linux-0.01", R"({
    "tasks": {
      "A": {"run": 1000000},
      "B": {"phases": {"first": {"run": 150000},
                       "second": {"priority": -5, "run": 1000000}}}}})",
                          700'000),
            R"(
0,0,idle,R,B-1
150000,0,B-1,R,A-0
300000,0,A-0,R,B-1
500000,0,B-1,R,A-0
650000,0,A-0,R,B-1
)");
}

// A policy that breaks the contract.
class Broken : public Scheduler {
 public:
  enum class Fault { kLosesTasks, kInventsTasks };
  explicit Broken(Fault fault) : fault_(fault) {}

  std::string_view name() const override { return "broken"; }
  void Enqueue(Entity& entity, EnqueueReason) override { last_ = &entity; }
  void Dequeue(Entity&, DequeueReason) override {}
  Entity* PickNext() override {
    return fault_ == Fault::kLosesTasks ? nullptr : last_;
  }
  bool Tick(Entity&, int) override { return false; }

 private:
  const Fault fault_;
  Entity* last_ = nullptr;
};

TEST(Engine, BrokenPolicies_EndTheRunWithWhatTheyDid) {
  ASSERT_TRUE(RegisterPolicy({"loses", "",
                              [](const PolicyConfig&) {
                                return std::make_unique<Broken>(
                                    Broken::Fault::kLosesTasks);
                              }})
                  .ok());
  ASSERT_TRUE(RegisterPolicy({"invents", "",
                              [](const PolicyConfig&) {
                                return std::make_unique<Broken>(
                                    Broken::Fault::kInventsTasks);
                              }})
                  .ok());
  const char* const text = R"({"tasks": {"A": {"run": 5, "sleep": 10}}})";
  const Outcome lost = RunWorkload(text, {.policy = "loses"});
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(lost.status.message(),
            "scheduler \"broken\" chose nobody, though 1 of its tasks are "
            "runnable (at 0 us)");
  const Outcome invented = RunWorkload(text, {.policy = "invents"});
  EXPECT_EQ(
      invented.status.message(),
      "scheduler \"broken\" chose task \"A-0\", which is not runnable (at "
      "5 us)");
}

}  // namespace
}  // namespace jiffy::sched::sim
