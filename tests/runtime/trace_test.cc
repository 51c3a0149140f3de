// The switch trace records who ran when, without gaps.
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class TraceTest : public EveryRunModeTest {
 protected:
  // Returns the trace of one run of `fn`.
  SwitchTrace Trace(size_t capacity, absl::FunctionRef<void()> fn) {
    options_.trace_capacity = capacity;
    absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
    EXPECT_TRUE(runtime.ok()) << runtime.status();
    const absl::Status status = runtime->Run(fn);
    EXPECT_TRUE(status.ok()) << status;
    switches_ = runtime->Stats().switches;
    spare_slots_ += runtime->Stats().most_threads;
    return runtime->TakeTrace();
  }

  uint64_t switches_ = 0;
};

void Mixed() {
  std::vector<Thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back(ShortTurns(), [] {
      SpinForTicks(10);
      this_thread::Yield();
      this_thread::SleepFor(absl::Microseconds(100));
    });
  }
}

TEST_P(TraceTest, Records_FormOneChainFromIdleToIdle) {
  const SwitchTrace trace = Trace(100'000, &Mixed);
  EXPECT_EQ(trace.dropped, 0u);
  ASSERT_EQ(trace.records.size(), switches_);
  EXPECT_EQ(trace.records.front().previous, 0u);
  EXPECT_EQ(trace.records.front().next, 1u);
  EXPECT_EQ(trace.records.back().next, 0u);
  for (size_t i = 1; i < trace.records.size(); ++i) {
    EXPECT_EQ(trace.records[i].previous, trace.records[i - 1].next) << i;
    EXPECT_GE(trace.records[i].time_ns, trace.records[i - 1].time_ns) << i;
  }
}

TEST_P(TraceTest, States_TellWhyEachLeftTheCpu) {
  const SwitchTrace trace = Trace(100'000, &Mixed);
  std::map<uint64_t, std::map<char, int>> states;
  for (const SwitchRecord& record : trace.records) {
    states[record.previous][record.previous_state]++;
  }
  for (const uint64_t id : {1, 2, 3, 4}) {
    EXPECT_EQ(states[id]['X'], 1) << "thread " << id;
  }
  // It sleeps.
  for (const uint64_t id : {2, 3, 4}) {
    EXPECT_EQ(states[id]['S'], 1) << "thread " << id;
  }
  EXPECT_GE(states[1]['S'], 1);  // It joins.
  EXPECT_EQ(states[0]['S'] + states[0]['X'], 0);
}

TEST_P(TraceTest, FullRing_KeepsTheNewestAndCountsTheRest) {
  const SwitchTrace trace = Trace(64, [] {
    for (int i = 0; i < 100; ++i) {
      Thread thread([] {});
      EXPECT_TRUE(thread.Join().ok());
    }
  });
  ASSERT_GE(trace.records.size(), 16u);
  EXPECT_LT(trace.records.size(), 64u);
  EXPECT_EQ(trace.dropped, switches_ - trace.records.size());
  EXPECT_EQ(trace.records.back().next, 0u);
  for (size_t i = 1; i < trace.records.size(); ++i) {
    EXPECT_EQ(trace.records[i].previous, trace.records[i - 1].next);
  }
}

TEST_P(TraceTest, NoCapacity_RemembersNothing) {
  const SwitchTrace trace = Trace(0, &Mixed);
  EXPECT_TRUE(trace.records.empty());
  EXPECT_EQ(trace.dropped, 0u);
}

TEST_P(TraceTest, TakenTwice_IsEmptyTheSecondTime) {
  options_.trace_capacity = 100;
  absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok());
  EXPECT_TRUE(runtime->Run([] {}).ok());
  EXPECT_FALSE(runtime->TakeTrace().records.empty());
  EXPECT_TRUE(runtime->TakeTrace().records.empty());
}

INSTANTIATE_TEST_SUITE_P(RunModes, TraceTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
