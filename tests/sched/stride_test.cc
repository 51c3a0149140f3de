#include "sched/stride.h"

#include <cmath>
#include <cstdint>
#include <memory>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kTickNs = FakeHost::kTickNs;

// Slices of one tick.
class StrideTest : public testing::Test {
 protected:
  static Stride::Task& TaskOf(FakeTask* task) {
    return task->Data<Stride::Task>();
  }

  FakeHost host_{std::make_unique<Stride>(kTickNs)};
};

// In strides of A: A at 1, B at 2, C at 4. The smallest runs; of equals, the
// one that has waited longest. All meet at 4, 8, 12 ...
TEST_F(StrideTest, Tickets4To2To1_GoldenSequence) {
  host_.Spawn("A", {.priority = 4});
  host_.Spawn("B", {.priority = 2});
  host_.Spawn("C", {.priority = 1});
  host_.Dispatch();
  host_.Ticks(14);
  EXPECT_EQ(host_.TakeHistory(), "A1 B1 A2 C1 B1 A2 B1 A2 C1 B1 A1");
}

TEST_F(StrideTest, Tickets3To2To1_AfterAnyTime_AreWithinASliceOfTheirDue) {
  constexpr int kTickets[] = {3, 2, 1};
  for (const int tickets : kTickets) host_.Spawn("A", {.priority = tickets});
  host_.Dispatch();
  for (int ticks = 1; ticks <= 6000; ++ticks) {
    host_.Ticks(1);
    for (int i = 0; i < 3; ++i) {
      const double due = ticks * kTickets[i] / 6.0;
      ASSERT_LE(std::abs(static_cast<double>(host_.tasks()[i]->ticks) - due),
                1.0001)
          << "task " << i << " after " << ticks;
    }
  }
  EXPECT_EQ(host_.tasks()[0]->ticks, 3000u);
  EXPECT_EQ(host_.tasks()[1]->ticks, 2000u);
  EXPECT_EQ(host_.tasks()[2]->ticks, 1000u);
}

TEST_F(StrideTest, Nice0And5_Share1024To335Within1Percent) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.nice = 5});
  host_.Dispatch();
  host_.Ticks(10'000);
  EXPECT_NEAR(static_cast<double>(a->ticks) / static_cast<double>(b->ticks),
              1024.0 / 335, 1024.0 / 335 / 100);
}

// A task that uses only a part of its slices runs more often.
TEST_F(StrideTest, SlicesOfOneAndThreeTicks_ShareEqually) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B", {.slice_ns = 3 * kTickNs});
  host_.Dispatch();
  host_.Ticks(6000);
  EXPECT_EQ(a->ticks, 3000u);
  EXPECT_EQ(b->ticks, 3000u);
}

TEST_F(StrideTest, Sleeper_ComesBackAsFarFromTheOthersAsItLeft) {
  host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  FakeTask* const c = host_.Spawn("C");
  host_.Dispatch();
  host_.Ticks(1);
  ASSERT_EQ(host_.current(), b);
  host_.BlockCurrent();
  // A stride, less the third of one that the global pass moved in the tick.
  EXPECT_EQ(TaskOf(b).remain, kTickNs - kTickNs / 3);
  host_.Ticks(999);
  host_.Wake(*b);
  b->ticks = c->ticks = 0;
  host_.Ticks(300);
  // It gets no credit for the sleep, and loses nothing.
  EXPECT_NEAR(static_cast<double>(b->ticks), 100, 1);
  EXPECT_NEAR(static_cast<double>(c->ticks), 100, 1);
}

TEST_F(StrideTest, Newcomer_WaitsAStrideThenShares) {
  host_.Spawn("A");
  host_.Spawn("B");
  host_.Dispatch();
  host_.Ticks(1000);
  FakeTask* const c = host_.Spawn("C");
  host_.TakeHistory();
  host_.Ticks(300);
  EXPECT_NEAR(static_cast<double>(c->ticks), 100, 1);
}

TEST_F(StrideTest, Yield_SmallestPass_LetsTheNextRun) {
  host_.Spawn("A", {.priority = 4});
  host_.Spawn("B", {.priority = 1});
  host_.Spawn("C", {.priority = 2});
  host_.Dispatch();
  ASSERT_EQ(host_.current_name(), "A");
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "C");
  host_.Yield();
  EXPECT_EQ(host_.current_name(), "A");
}

TEST_F(StrideTest, ParamsChanged_Tickets_ChangeTheShareFromThenOn) {
  FakeTask* const a = host_.Spawn("A", {.priority = 1});
  FakeTask* const b = host_.Spawn("B", {.priority = 1});
  host_.Dispatch();
  host_.Ticks(1001);
  for (FakeTask* const task : {a, b}) {
    task->params.priority = task == a ? 30 : 10;
    host_.scheduler().ParamsChanged(*task);
    task->ticks = 0;
  }
  host_.Ticks(4000);
  EXPECT_NEAR(static_cast<double>(a->ticks), 3000, 2);
  EXPECT_NEAR(static_cast<double>(b->ticks), 1000, 2);
}

// Passes wrap around after half a year of one ticket.
TEST_F(StrideTest, Passes_AroundTheWrap_KeepTheOrder) {
  FakeTask* const a = host_.Spawn("A");
  FakeTask* const b = host_.Spawn("B");
  host_.Dispatch();
  host_.BlockCurrent();
  host_.BlockCurrent();
  TaskOf(a).remain = -4 * kTickNs;  // Before 0, that is near 2^64.
  TaskOf(b).remain = -2 * kTickNs;
  host_.Wake(*b);
  host_.Wake(*a);
  host_.Dispatch();
  host_.Ticks(20);
  EXPECT_EQ(host_.TakeHistory(),
            "A2 B1 A1 B1 A1 B1 A1 B1 A1 B1 A1 B1 A1 B1 A1 B1 A1 B1 A1");
}

}  // namespace
}  // namespace jiffy::sched
