// No tick is lost: the timer delivers as many as time has passed, and all of
// them are charged.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "signals/irq.h"
#include "signals/preempt.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class TickAccountingTest : public EveryRunModeTest {
 protected:
  TickAccountingTest() { repetitions_ = 1; }
};

// Waits in every way that puts off ticks: guards, masks, libc.
void MakeTicksWait() {
  for (int i = 0; i < 20; ++i) {
    {
      signals::PreemptGuard guard;
      SpinForTicks(2);
    }
    const signals::IrqFlags flags = signals::IrqSave();
    Compute(1'000'000);
    signals::IrqRestore(flags);
    for (int j = 0; j < 2000; ++j) free(malloc(100));
  }
}

// A late timer gives the number of ticks; so ticks and time agree once the
// signal has come, however busy the machine is.
TEST_P(TickAccountingTest, BusyThreads_TicksKeepUpWithTheClock) {
  options_.tick = RealTick(absl::Microseconds(100));
  const int64_t tick_ns = absl::ToInt64Nanoseconds(*options_.tick);
  Run([=] {
    const int64_t begin = signals::MonotonicNs();
    // Lets the ticks of the time before arrive, if there are any.
    SpinForTicks(1);
    const uint64_t first = TicksDelivered();
    const int64_t begun = signals::MonotonicNs();
    std::vector<Thread> threads;
    threads.reserve(3);
    for (int i = 0; i < 3; ++i) threads.emplace_back(&MakeTicksWait);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    const int64_t end = signals::MonotonicNs();
    // The last signal may be on its way; a lost tick never comes.
    constexpr uint64_t kOnItsWay = 1;
    for (;;) {
      const auto at_least =
          static_cast<uint64_t>((signals::MonotonicNs() - begun) / tick_ns);
      if (TicksDelivered() - first + kOnItsWay >= at_least) break;
      ASSERT_LT(signals::MonotonicNs() - end, int64_t{10'000'000'000})
          << "ticks are missing";
    }
    const uint64_t ticks = TicksDelivered() - first;
    const int64_t now = signals::MonotonicNs();
    EXPECT_LE(ticks, static_cast<uint64_t>((now - begin) / tick_ns) + 1);
  });
}

// The counts of all threads add up to the count of the run.
TEST_P(TickAccountingTest, BusyThreads_ChargedTicksAddUpToJiffies) {
  uint64_t charged = 0;
  Run([&] {
    const uint64_t before_self = Jiffies();
    std::vector<Thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) threads.emplace_back(&MakeTicksWait);
    bool all = false;
    while (!all) {
      this_thread::Yield();
      all = true;
      for (const Thread& thread : threads) all &= thread.Stats().finished;
    }
    signals::PreemptGuard guard;
    const uint64_t jiffies = Jiffies();
    for (const Thread& thread : threads) charged += thread.Stats().ticks;
    // The rest belongs to this thread. It never idled, since it only yielded.
    EXPECT_LE(charged, jiffies);
    EXPECT_GE(charged, 4u * 20 * 2);
    EXPECT_GE(jiffies, before_self);
    charged = jiffies - charged;
  });
  EXPECT_GE(stats().jiffies, charged);
}

// Each tick is charged once, although a guard, the mask or libc puts it off:
// the run's count equals the timer's.
TEST_P(TickAccountingTest, NeverIdle_JiffiesEqualTicksDelivered) {
  testing::ForceTickNs(ShortTickNs(20'000));
  Run([] {
    MakeTicksWait();
    // All waiting ticks are charged at the end of the guard.
    const uint64_t delivered = TicksDelivered();
    { signals::PreemptGuard guard; }
    EXPECT_GE(Jiffies(), delivered);
    EXPECT_LE(Jiffies(), TicksDelivered());
  });
  testing::ForceTickNs(0);
  // The last few may have come when there was no thread left to charge.
  EXPECT_LE(stats().jiffies, stats().ticks);
  EXPECT_GT(stats().guarded_ticks, 0u);
}

INSTANTIATE_TEST_SUITE_P(RunModes, TickAccountingTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

// Without preemption there is no timer at all.
TEST(TickAccounting, PreemptOff_NoTicksComeAndNobodyIsPreempted) {
  absl::StatusOr<Runtime> runtime = Runtime::Create({.preempt = false});
  ASSERT_TRUE(runtime.ok());
  ASSERT_TRUE(runtime
                  ->Run([] {
                    std::atomic<bool> ran = false;
                    Thread thread([&] { ran = true; });
                    Compute(10'000'000);
                    EXPECT_FALSE(ran);
                  })
                  .ok());
  EXPECT_EQ(runtime->Stats().ticks, 0u);
  EXPECT_EQ(runtime->Stats().jiffies, 0u);
  EXPECT_EQ(runtime->Stats().preemptions, 0u);
}

}  // namespace
}  // namespace jiffy
