// IrqSave and IrqRestore change the kernel's signal mask for the calling thread
// only.
#include "signals/irq.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using signals::IrqFlags;
using signals::IrqRestore;
using signals::IrqSave;
using signals::IrqsDisabled;

class IrqTest : public EveryRunModeTest {};

TEST(Irq, OutsideOfRuns_ChangesNothing) {
  const bool blocked = TickIsBlocked();
  const IrqFlags flags = IrqSave();
  EXPECT_EQ(TickIsBlocked(), blocked);
  EXPECT_FALSE(IrqsDisabled());
  IrqRestore(flags);
  EXPECT_EQ(TickIsBlocked(), blocked);
}

TEST_P(IrqTest, SaveAndRestore_BlockAndUnblockInTheKernel) {
  Run([] {
    EXPECT_FALSE(TickIsBlocked());
    const IrqFlags flags = IrqSave();
    EXPECT_FALSE(flags.was_off);
    EXPECT_TRUE(TickIsBlocked());
    EXPECT_TRUE(IrqsDisabled());
    IrqRestore(flags);
    EXPECT_FALSE(TickIsBlocked());
    EXPECT_FALSE(IrqsDisabled());
  });
}

TEST_P(IrqTest, NestedSave_OnlyTheOutermostRestoreUnblocks) {
  Run([] {
    const IrqFlags outer = IrqSave();
    const IrqFlags inner = IrqSave();
    EXPECT_TRUE(inner.was_off);
    IrqRestore(inner);
    EXPECT_TRUE(TickIsBlocked());
    IrqRestore(outer);
    EXPECT_FALSE(TickIsBlocked());
  });
}

TEST_P(IrqTest, WhileOff_NoTickComes) {
  Run([] {
    const IrqFlags flags = IrqSave();
    const uint64_t before = TicksDelivered();
    Compute(1'000'000);
    EXPECT_EQ(TicksDelivered(), before);
    IrqRestore(flags);
  });
}

TEST_P(IrqTest, HolderWaits_OthersRunWithItOnAndHolderFindsItOff) {
  Run([] {
    std::atomic<bool> holds = false;
    std::atomic<bool> may_restore = false;
    int wrong_in_holder = 0;
    Thread holder([&] {
      const IrqFlags flags = IrqSave();
      holds = true;
      while (!may_restore) {
        wrong_in_holder += !TickIsBlocked() + !IrqsDisabled();
        // Not Yield: Linux 0.01 would choose this thread again, whose ticks
        // never run out.
        this_thread::SleepFor(absl::Microseconds(1));
      }
      wrong_in_holder += !TickIsBlocked() + !IrqsDisabled();
      IrqRestore(flags);
      wrong_in_holder += TickIsBlocked() + IrqsDisabled();
    });
    while (!holds) this_thread::Yield();
    for (int i = 0; i < 100; ++i) {
      EXPECT_FALSE(TickIsBlocked());
      EXPECT_FALSE(IrqsDisabled());
      // Resumed in its handler or by its own call: the holder's mask does not
      // apply to this thread.
      if (i % 2 == 0) SpinForTicks(2);
      this_thread::SleepFor(absl::Microseconds(1));
    }
    may_restore = true;
    EXPECT_TRUE(holder.Join().ok());
    EXPECT_EQ(wrong_in_holder, 0);
    EXPECT_FALSE(TickIsBlocked());
  });
}

TEST_P(IrqTest, HolderWaits_NewThreadStartsWithItOn) {
  Run([] {
    bool blocked_in_new = true;
    bool off_after_sleep = false;
    Thread child;
    Thread holder([&] {
      const IrqFlags flags = IrqSave();
      child = Thread([&] { blocked_in_new = TickIsBlocked(); });
      this_thread::SleepFor(absl::Milliseconds(1));
      off_after_sleep = TickIsBlocked();
      IrqRestore(flags);
    });
    EXPECT_TRUE(holder.Join().ok());
    EXPECT_TRUE(child.Join().ok());
    EXPECT_FALSE(blocked_in_new);
    EXPECT_TRUE(off_after_sleep);
    EXPECT_FALSE(TickIsBlocked());
  });
}

TEST_P(IrqTest, HolderEndsWithoutRestoring_OthersRunWithItOn) {
  Run([] {
    Thread holder([] { [[maybe_unused]] const IrqFlags flags = IrqSave(); });
    EXPECT_TRUE(holder.Join().ok());
    EXPECT_FALSE(TickIsBlocked());
    // Also the thread that gets its stack next.
    bool blocked = true;
    Thread next([&] { blocked = TickIsBlocked(); });
    EXPECT_TRUE(next.Join().ok());
    EXPECT_FALSE(blocked);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, IrqTest, ::testing::ValuesIn(AllRunModes()),
                         RunModeName);

class IrqTickTest : public EveryRunModeTest {};

// Ticks that expired meanwhile come at once, in one signal that gives their
// number.
TEST_P(IrqTickTest, Restore_DeliversAndChargesWhatWaited) {
  options_.tick = RealTick(absl::Microseconds(100));
  const int64_t while_off_ns = 20 * absl::ToInt64Nanoseconds(*options_.tick);
  Run([=] {
    for (int i = 0; i < 5; ++i) {
      const IrqFlags flags = IrqSave();
      const uint64_t before = TicksDelivered();
      const int64_t begin = signals::MonotonicNs();
      while (signals::MonotonicNs() - begin < while_off_ns) {
      }
      EXPECT_EQ(TicksDelivered(), before);
      IrqRestore(flags);
      EXPECT_GE(TicksDelivered(), before + 19);
      EXPECT_GE(Jiffies(), before + 19);
    }
  });
}

// When a guard ends while the interrupt is off, the rescheduling waits for
// IrqRestore.
TEST_P(IrqTickTest, GuardEndsWhileOff_NobodyElseRuns) {
  Run([] {
    std::atomic<uint64_t> count = 0;
    std::atomic<bool> stop = false;
    Thread other(ShortTurns(), [&] {
      while (!stop) count++;
    });
    while (count == 0) SpinForTicks(1);
    uint64_t before;
    {
      NoPreempt guard;
      SpinForTicks(3);
      const IrqFlags flags = IrqSave();
      before = count;
      { NoPreempt inner; }
      EXPECT_EQ(count, before);
      IrqRestore(flags);
      EXPECT_EQ(count, before);
    }
    while (count == before) SpinForTicks(1);
    stop = true;
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, IrqTickTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
