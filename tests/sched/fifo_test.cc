#include "sched/fifo.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

class FifoTest : public testing::Test {
 protected:
  FakeHost host_{std::make_unique<Fifo>()};
};

TEST_F(FifoTest, Tick_AnyNumber_NeverPreempts) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1000);
  EXPECT_EQ(host_.TakeHistory(), "A1000");
}

TEST_F(FifoTest, BlockAndWake_Several_RunInOrderOfWaking) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Spawn("C");
  host_.Dispatch();
  host_.BlockCurrent();
  host_.BlockCurrent();
  host_.Wake(*b);
  host_.Wake(*a);
  EXPECT_EQ(host_.current_name(), "C");
  host_.BlockCurrent();
  EXPECT_EQ(host_.current_name(), "B");
  host_.ExitCurrent();
  EXPECT_EQ(host_.current_name(), "A");
  host_.ExitCurrent();
  EXPECT_EQ(host_.current_name(), "-");
}

TEST_F(FifoTest, StartFirst_Nested_ParentsGoOnInnermostFirst) {
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

TEST_F(FifoTest, Yield_OthersQueued_GoesToTheEnd) {
  for (const char* name : {"A", "B", "C"}) host_.Spawn(name);
  host_.Dispatch();
  for (const char* name : {"A", "B", "C", "A"}) {
    EXPECT_EQ(host_.current_name(), name);
    host_.Yield();
  }
}

// By the host's own decision: the policy did not ask for it.
TEST(FifoPolicyTest, Enqueue_Preempted_GoesToTheHead) {
  Entity a;
  Entity b;
  Fifo fifo;
  fifo.Enqueue(a, EnqueueReason::kNew);
  fifo.Enqueue(b, EnqueueReason::kNew);
  ASSERT_EQ(fifo.PickNext(), &a);
  fifo.Enqueue(a, EnqueueReason::kPreempted);
  EXPECT_EQ(fifo.PickNext(), &a);
}

TEST(FifoPolicyTest, Tick_AnyNumber_DoesNotEvenAskForADecision) {
  Entity a;
  Fifo fifo;
  EXPECT_FALSE(fifo.Tick(a, 1));
  EXPECT_FALSE(fifo.Tick(a, 1'000'000));
}

}  // namespace
}  // namespace jiffy::sched
