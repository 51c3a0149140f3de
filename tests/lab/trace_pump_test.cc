// The calls that sinks get for the events of a live run.
#include "tools/lab/live/trace_pump.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sched/sim/rt_app_parser.h"
#include "tools/lab/live/event_ring.h"

namespace jiffy::lab {
namespace {

using sched::sim::Cause;
using sched::sim::SwitchEvent;
using sched::sim::TraceTask;
using Kind = LiveEvent::Kind;

// Records all calls.
class Log final : public sched::sim::TraceSink {
 public:
  void OnStart(const sched::sim::RunInfo& run) override {
    absl::StrAppend(&text, "start ", run.policy, "\n");
  }
  void OnCreate(int64_t time_us, int, const TraceTask& task,
                bool runnable) override {
    absl::StrAppend(&text, time_us, " create ", task.name, " slot ", task.slot,
                    runnable ? "" : ", asleep", "\n");
  }
  void OnWakeup(int64_t time_us, int, const TraceTask& task,
                const TraceTask* waker) override {
    absl::StrAppend(&text, time_us, " wake ", task.name, " by ",
                    waker == nullptr ? "-" : waker->name, "\n");
  }
  void OnBurstEnd(int64_t time_us, const TraceTask& task) override {
    absl::StrAppend(&text, time_us, " done ", task.name, " prio ",
                    task.sched.priority, "\n");
  }
  void OnSwitch(const SwitchEvent& event) override {
    absl::StrAppend(&text, event.time_us, " ",
                    event.prev == nullptr ? "idle" : event.prev->name, " ",
                    std::string(1, event.prev_state), " ",
                    event.next == nullptr ? "idle" : event.next->name, "\n");
  }
  void OnEnd(int64_t time_us) override {
    absl::StrAppend(&text, time_us, " end\n");
  }

  std::string text;
};

TEST(TracePumpTest, Events_AreToldAsASimulationTellsThem) {
  const auto workload = sched::sim::ParseWorkload(R"({"tasks": {
      "A": {"phases": {"p": {"run": 1}, "q": {"priority": 7, "run": 1}}},
      "K": {"instance": 0, "run": 1}}})",
                                                  "w.json");
  ASSERT_TRUE(workload.ok());
  EventRing ring;
  Log log;
  TracePump pump(*workload, ring, {&log}, 100);
  pump.Start({.policy = "rr"});
  const std::vector<LiveEvent> events = {
      {.time_ns = 0, .thread = 0, .other = 0, .number = -1, .runnable = true},
      {.time_ns = 0, .thread = 1, .other = 0, .number = -1},
      {.time_ns = 1'999, .other = 0, .kind = Kind::kSwitch},
      {.time_ns = 3'000, .thread = 0, .number = 1, .kind = Kind::kPhase},
      {.time_ns = 4'000, .thread = 0, .kind = Kind::kBurstEnd},
      {.time_ns = 5'000, .thread = 1, .other = 0, .kind = Kind::kWakeup},
      {.time_ns = 6'000,
       .thread = 0,
       .other = 1,
       .kind = Kind::kSwitch,
       .cause = Cause::kExit,
       .state = 'X'},
      // Gets the slot of the task that exited.
      {.time_ns = 7'000, .thread = 2, .other = 1, .number = 3},
      {.time_ns = 9'000,
       .thread = 1,
       .kind = Kind::kSwitch,
       .cause = Cause::kBlock,
       .state = 'S'},
      {.time_ns = 20'000, .thread = 2, .kind = Kind::kWakeup},
      // At the end of the run, and so not in it.
      {.time_ns = 100'000, .other = 2, .kind = Kind::kSwitch},
      {.time_ns = 101'000, .thread = 2, .kind = Kind::kBurstEnd},
  };
  for (const LiveEvent& event : events) ring.Push(event);
  pump.Finish();
  pump.End(100);
  EXPECT_EQ(log.text,
            "start rr\n"
            "0 create A-0 slot 1\n"
            "0 create A-1 slot 2, asleep\n"
            "1 idle R A-0\n"
            "4 done A-0 prio 7\n"
            "5 wake A-1 by A-0\n"
            "6 A-0 X A-1\n"
            "7 create K-2-0003 slot 1, asleep\n"
            "9 A-1 S idle\n"
            "20 wake K-2-0003 by -\n"
            "100 end\n");
  EXPECT_EQ(pump.on_cpu_us(), 5 + 3);
  EXPECT_EQ(pump.NameOf(2), "K-2-0003");
}

}  // namespace
}  // namespace jiffy::lab
