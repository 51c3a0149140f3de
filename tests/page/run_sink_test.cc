// The part that a page keeps of a run that is too long for it.
#include "tools/page/run_sink.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sched/sim/engine.h"
#include "sched/sim/metrics.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::page {
namespace {

using sched::sim::RunWorkload;

// Runs for a second: a slice of 10 ms each, in turn.
std::string Hogs(int count) {
  return R"({"tasks": {"hog": {"instance": )" + std::to_string(count) +
         R"(, "run": 1000000}}, "global": {"duration": 1}})";
}

int64_t KeptUs(const RunTrace& trace) {
  int64_t us = 0;
  for (const Slice& slice : trace.slices) us += slice.length_us;
  return us;
}

TEST(RunSinkTest, Slices_FullTrace_IsCutAndTheRestCounted) {
  RunSink sink({.slices = 10});
  RunWorkload(Hogs(2), {.policy = "rr"}, {&sink});
  const RunTrace& trace = sink.trace();
  EXPECT_EQ(trace.slices.size(), 10u);
  // There is no gap up to the cut, and everything after it is counted.
  EXPECT_EQ(KeptUs(trace), trace.kept_until_us);
  EXPECT_EQ(trace.slices.size() + trace.dropped_slices, 100u);
  EXPECT_FALSE(sink.WantsDecisions());
  // The tasks that waited then are listed.
  ASSERT_EQ(trace.open_waits.size(), 2u);
  EXPECT_EQ(trace.open_waits[0].since_us, 90'000);
  EXPECT_EQ(trace.open_waits[1].since_us, 100'000);
  // The metrics cover the whole run.
  EXPECT_EQ(sink.metrics().result().elapsed_us, 1'000'000);
  EXPECT_EQ(sink.metrics().result().tasks[0].cpu_us, 500'000);
}

TEST(RunSinkTest, Slices_FullTrace_OfSeveralCpus_IsCutOnAll) {
  RunSink sink({.slices = 9});
  RunWorkload(Hogs(8), {.policy = "rr", .cpus = 4}, {&sink});
  const RunTrace& trace = sink.trace();
  EXPECT_EQ(trace.slices.size(), 9u);
  EXPECT_EQ(KeptUs(trace), 4 * trace.kept_until_us);
  EXPECT_EQ(trace.slices.back().end, SliceEnd::kCut);
}

TEST(RunSinkTest, Slices_ThatJustFit_AreAllKept) {
  RunSink sink({.slices = 100});
  RunWorkload(Hogs(2), {.policy = "rr"}, {&sink});
  EXPECT_EQ(sink.trace().slices.size(), 100u);
  EXPECT_EQ(sink.trace().kept_until_us, -1);
  EXPECT_EQ(sink.trace().dropped_slices, 0u);
}

TEST(RunSinkTest, Wakeups_FullTrace_IsCut) {
  RunSink sink({.wakeups = 5});
  RunWorkload(R"({"tasks": {"t": {"run": 1000, "sleep": 9000}},
                  "global": {"duration": 1}})",
              {.policy = "rr"}, {&sink});
  EXPECT_EQ(sink.trace().wakeups.size(), 5u);
  // The sixth slice would have begun then.
  EXPECT_EQ(sink.trace().kept_until_us, 60'000);
  EXPECT_EQ(sink.trace().slices.size(), 6u);
}

TEST(RunSinkTest, Explanations_FullTrace_GoesOnWithoutThem) {
  // A decision and two candidates take three places.
  RunSink sink({.explanations = 10});
  RunWorkload(Hogs(2), {.policy = "rr"}, {&sink});
  const RunTrace& trace = sink.trace();
  EXPECT_EQ(trace.explained.size(), 3u);
  EXPECT_EQ(trace.explained_until_us, 30'000);
  EXPECT_EQ(trace.slices.size(), 100u);
  EXPECT_EQ(trace.kept_until_us, -1);
}

// Counts the decisions that it is told of.
class Counter final : public sched::sim::TraceSink {
 public:
  explicit Counter(int wanted) : wanted_(wanted) {}
  bool WantsDecisions() const override { return told < wanted_; }
  void OnDecision(const sched::sim::Decision& /*decision*/) override { ++told; }

  int told = 0;

 private:
  const int wanted_;
};

TEST(RunSinkTest, Explanations_OneHasEnough_TheOthersAreStillTold) {
  Counter few(3);
  Counter many(1000);
  RunWorkload(Hogs(2), {.policy = "rr"}, {&few, &many});
  EXPECT_EQ(few.told, 3);
  EXPECT_EQ(many.told, 100);
}

TEST(RunSinkTest, Texts_FullTrace_EndsTheExplanations) {
  RunSink sink({.text_bytes = 100});
  RunWorkload(Hogs(3), {.policy = "cfs"}, {&sink});
  EXPECT_GE(sink.trace().explained_until_us, 0);
  size_t bytes = 0;
  for (const std::string& text : sink.trace().texts) bytes += text.size();
  EXPECT_LE(bytes, 100u);
  // A decision is kept only with its texts.
  for (const ExplainedCandidate& candidate : sink.trace().candidates) {
    EXPECT_NE(candidate.before, 0u);
    EXPECT_NE(candidate.after, 0u);
  }
}

TEST(RunSinkTest, ManyCandidates_TheChosenIsKept_OthersAreCounted) {
  RunSink sink({});
  RunWorkload(Hogs(40), {.policy = "rr"}, {&sink});
  const RunTrace& trace = sink.trace();
  size_t first = 0;
  for (const Explained& decision : trace.explained) {
    EXPECT_EQ(decision.candidates, kMaxCandidates);
    EXPECT_EQ(decision.hidden, 40 - kMaxCandidates);
    bool has_chosen = false;
    for (size_t i = first; i < first + decision.candidates; ++i) {
      has_chosen = has_chosen || trace.candidates[i].task == decision.next;
    }
    EXPECT_TRUE(has_chosen);
    first += decision.candidates;
  }
  EXPECT_EQ(first, trace.candidates.size());
}

TEST(RunSinkTest, Tasks_BeyondTheLimit_AreCounted_TheirSlicesStay) {
  RunSink sink({.tasks = 2});
  RunWorkload(Hogs(5), {.policy = "rr"}, {&sink});
  const RunTrace& trace = sink.trace();
  EXPECT_EQ(trace.tasks.size(), 2u);
  EXPECT_EQ(trace.dropped_tasks, 3u);
  EXPECT_EQ(KeptUs(trace), 1'000'000);
  EXPECT_EQ(trace.slices[2].task, kUnkeptTask);
}

TEST(RunSinkTest, Latencies_EveryWakeupIsInTheHistogram) {
  RunSink sink({});
  RunWorkload(R"({"tasks": {"t": {"instance": 3, "run": 700, "sleep": 300}},
                  "global": {"duration": 1}})",
              {.policy = "cfs"}, {&sink});
  for (size_t task = 0; task < 3; ++task) {
    const auto& figures = sink.metrics().result().tasks[task];
    uint64_t count = 0;
    int64_t last = -1;
    sink.metrics().latency(task)->ForEach([&](int64_t value, uint64_t times) {
      EXPECT_GT(value, last);
      last = value;
      count += times;
    });
    EXPECT_EQ(count, figures.wakeups);
    EXPECT_EQ(last, figures.latency_max_us);
  }
}

}  // namespace
}  // namespace jiffy::page
