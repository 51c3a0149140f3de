// Preemption off: guards nest; a tick under a guard waits for its end, and no
// tick is lost.
#include <atomic>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/worker.h"
#include "runtime/jiffy.h"
#include "signals/irq.h"
#include "signals/preempt.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

uint32_t PreemptCount() { return signals::task_frame.head.preempt_count; }

TEST(PreemptGuard, OutsideOfRuns_NestsAndComesBackToZero) {
  EXPECT_EQ(PreemptCount(), 0u);
  {
    signals::PreemptGuard outer;
    EXPECT_EQ(PreemptCount(), 1u);
    {
      signals::PreemptGuard inner;
      NoPreempt users;
      EXPECT_EQ(PreemptCount(), 3u);
    }
    EXPECT_EQ(PreemptCount(), 1u);
  }
  EXPECT_EQ(PreemptCount(), 0u);
}

// A request to reschedule outside of a run has no effect.
TEST(PreemptGuard, OutsideOfRunsWithNeedResched_ClearsItAndReturns) {
  {
    signals::PreemptGuard guard;
    signals::task_frame.head.need_resched = 1;
  }
  EXPECT_EQ(signals::task_frame.head.need_resched, 0u);
}

class GuardTest : public EveryRunModeTest {};

// Counts until it is told to stop.
struct Counter {
  std::atomic<uint64_t> count = 0;
  std::atomic<bool> stop = false;
  void operator()() {
    while (!stop) count = count + 1;
  }
};

TEST_P(GuardTest, TicksUnderGuard_NobodyElseRunsUntilItEnds) {
  Run([] {
    Counter other;
    Thread thread(ShortTurns(), std::ref(other));
    while (other.count == 0) SpinForTicks(1);
    for (int i = 0; i < 5; ++i) {
      uint64_t before;
      {
        signals::PreemptGuard guard;
        before = other.count;
        SpinForTicks(5);
        {
          NoPreempt inner;
          SpinForTicks(2);
        }
        // The end of the inner guard does not enable preemption.
        SpinForTicks(2);
        EXPECT_EQ(other.count, before);
        EXPECT_EQ(signals::task_frame.head.need_resched, 1u);
      }
      // Under this policy the thread continues while it has ticks left.
      while (other.count == before) SpinForTicks(1);
    }
    other.stop = true;
  });
  EXPECT_GE(stats().guarded_ticks, 1u);
}

// Jiffies continue while time is stolen, even under a guard.
uint64_t Charged() {
  const RuntimeStats stats = internal::CurrentWorker()->machine().Stats();
  return stats.jiffies - stats.stolen_ticks;
}

TEST_P(GuardTest, TicksUnderGuard_AreAllChargedWhenItEnds) {
  Run([] {
    for (int i = 0; i < 5; ++i) {
      uint64_t seen;
      uint64_t charged;
      {
        signals::PreemptGuard guard;
        const uint64_t before = Charged();
        SpinForTicks(10);
        EXPECT_EQ(Charged(), before) << "charged while preemption was off";
        seen = ChargeableTicks();
        charged = before;
      }
      EXPECT_GE(seen, charged + 10);
      EXPECT_GE(Charged(), seen);
    }
  });
}

// The thread that held the guard pays for the ticks, not the thread that runs
// next.
TEST_P(GuardTest, TicksUnderGuard_AreChargedToItsHolder) {
  Run([] {
    Counter other;
    Thread thread(ShortTurns(), std::ref(other));
    Thread holder(ShortTurns(), [&] {
      signals::PreemptGuard guard;
      SpinForTicks(20);
    });
    while (!holder.Stats().finished) SpinForTicks(1);
    EXPECT_GE(holder.Stats().ticks, 20u);
    EXPECT_TRUE(holder.Join().ok());
    other.stop = true;
  });
}

// A thread may wait under a guard: it is charged with the ticks so far.
TEST_P(GuardTest, YieldUnderGuard_ChargesTicksAndKeepsTheGuard) {
  Run([] {
    Counter other;
    Thread thread(ShortTurns(), std::ref(other));
    while (other.count == 0) SpinForTicks(1);
    {
      NoPreempt guard;
      const uint64_t before = other.count;
      const uint64_t seen = [] {
        SpinForTicks(40);
        return TicksDelivered();
      }();
      while (other.count == before) this_thread::Yield();
      EXPECT_GE(Jiffies(), seen);
      EXPECT_EQ(PreemptCount(), 1u);
    }
    EXPECT_EQ(PreemptCount(), 0u);
    other.stop = true;
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, GuardTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

// Round-robin promises more: with slices of a tick, the other thread runs at
// the moment when the guard ends.
class RoundRobinGuardTest : public RunTest {};

TEST_F(RoundRobinGuardTest, GuardEnds_OtherRanBeforeTheNextStatement) {
  Run([] {
    Counter other;
    Thread thread(std::ref(other));
    while (other.count == 0) SpinForTicks(1);
    for (int i = 0; i < 50; ++i) {
      // If it was preempted again, it has had the CPU.
      uint64_t before;
      {
        NoPreempt guard;
        before = thread.Stats().preemptions;
        SpinForTicks(1);
      }
      EXPECT_GT(thread.Stats().preemptions, before);
    }
    other.stop = true;
  });
}

}  // namespace
}  // namespace jiffy
