#include "sched/round_robin.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

// Ticks of 10 ms, slices of 30 ms.
class RoundRobinTest : public testing::Test {
 protected:
  FakeHost host_{std::make_unique<RoundRobin>(30 * kMs)};
};

TEST_F(RoundRobinTest, Slices_EqualTasks_TakeTurns) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  host_.Ticks(20);
  EXPECT_EQ(host_.TakeHistory(), "A3 B3 C3 A3 B3 C3 A2");
}

TEST_F(RoundRobinTest, Slices_OfTheTasksOwn_AreRoundedUpToTicks) {
  host_.Spawn("one", {.slice_ns = 1});
  host_.Spawn("exact", {.slice_ns = 20 * kMs});
  host_.Spawn("over", {.slice_ns = 20 * kMs + 1});
  host_.Spawn("default", {.slice_ns = -5});
  host_.Dispatch();
  host_.Ticks(18);
  EXPECT_EQ(host_.TakeHistory(),
            "one1 exact2 over3 default3 one1 exact2 over3 default3");
}

TEST_F(RoundRobinTest, Slices_ParamsChanged_CountFromTheNextTick) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1);
  a->params.slice_ns = 50 * kMs;
  host_.scheduler().ParamsChanged(*a);
  host_.Ticks(12);
  EXPECT_EQ(host_.TakeHistory(), "A5 B3 A5");
}

TEST_F(RoundRobinTest, Slices_SeveralTicksChargedAtOnce_AllCount) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.PreemptDisable();
  host_.Ticks(5);
  EXPECT_EQ(host_.current_name(), "A");
  host_.PreemptEnable();
  EXPECT_EQ(host_.current_name(), "B");
  host_.Ticks(3);
  EXPECT_EQ(host_.TakeHistory(), "A5 B3");
}

TEST_F(RoundRobinTest, StartFirst_Nested_ParentsGoOnInnermostFirst) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.SpawnFirst("C");
  host_.SpawnFirst("D");
  for (const char* name : {"D", "C", "A", "B", "-"}) {
    EXPECT_EQ(host_.current_name(), name);
    if (host_.current() != nullptr) host_.ExitCurrent();
  }
}

TEST_F(RoundRobinTest, Yield_MidSlice_GivesAFreshSliceNextTime) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(2);
  host_.Yield();
  host_.Ticks(9);
  EXPECT_EQ(host_.TakeHistory(), "A2 B3 A3 B3");
}

TEST_F(RoundRobinTest, Yield_Alone_GoesOnWithAFreshSlice) {
  host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(2);
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "A");
  host_.Spawn("B");
  host_.Ticks(4);
  EXPECT_EQ(host_.TakeHistory(), "A5 B1");
}

TEST_F(RoundRobinTest, Slice_UsedUpAlone_IsFollowedByAFreshOne) {
  host_.Spawn("A");
  host_.Dispatch();
  host_.Ticks(4);
  host_.Spawn("B");
  host_.Ticks(3);
  EXPECT_EQ(host_.TakeHistory(), "A6 B1");
}

TEST_F(RoundRobinTest, Wake_WhileAnotherRuns_QueuesBehindWithAFreshSlice) {
  FakeTask* const a = host_.Spawn("A");
  host_.Spawn("B");
  host_.Spawn("C");
  host_.Dispatch();
  host_.Ticks(2);
  host_.BlockCurrent();
  host_.Ticks(1);
  host_.Wake(*a);
  EXPECT_EQ(host_.current_name(), "B");
  host_.Ticks(8);
  EXPECT_EQ(host_.TakeHistory(), "A2 B3 C3 A3");
}

TEST_F(RoundRobinTest, Migrate_FromTheMiddle_LeavesTheOrder) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Spawn("C");
  host_.Dispatch();
  host_.Migrate(*b);
  host_.Ticks(9);
  EXPECT_EQ(host_.TakeHistory(), "A3 C3 A3");
}

}  // namespace
}  // namespace jiffy::sched
