// Yields of threads that only take turns; the worker handles them without
// calling the policy.
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class YieldTest : public EveryRunModeTest {};

// Adds to the order in which threads ran.
void Note(std::string& order, char who) {
  const NoPreempt one_at_a_time;
  order += who;
}

// No thread was behind it when its turn began.
TEST_P(YieldTest, ToThreadsThatCameSince_RunsThemInOrder) {
  options_.preempt = false;
  Run([] {
    std::string order;
    std::vector<Thread> threads;
    for (const std::string_view names : {"a", "bc", "def"}) {
      for (const char name : names) {
        threads.emplace_back([&order, name] { Note(order, name); });
      }
      this_thread::Yield();
      Note(order, ' ');
    }
    const NoPreempt guard;
    EXPECT_EQ(order, "a bc def ");
  });
}

// Each waits and is woken in between, so that the next thread keeps changing.
TEST_P(YieldTest, AmongThreadsThatWait_KeepsTheOrderOfTurns) {
  options_.preempt = false;
  Run([] {
    std::string order;
    CountingSemaphore<> permits(0);
    Thread waits([&] {
      for (int i = 0; i < 3; ++i) {
        permits.acquire();
        Note(order, 'w');
      }
    });
    Thread yields([&] {
      for (int i = 0; i < 6; ++i) {
        Note(order, 'y');
        this_thread::Yield();
      }
    });
    for (int i = 0; i < 3; ++i) {
      this_thread::Yield();
      permits.release();
      Note(order, 'm');
      this_thread::Yield();
    }
    const NoPreempt guard;
    EXPECT_EQ(order, "ymywymywymyw");
  });
}

TEST_P(YieldTest, AfterAWakeUpFromOutside_LetsTheWokenRun) {
  options_.preempt = false;
  Run([] {
    Event event;
    std::atomic<bool> woken = false;
    Thread waits([&] {
      event.Wait();
      woken = true;
    });
    this_thread::Yield();
    std::thread([&] { event.Set(); }).join();
    this_thread::Yield();
    EXPECT_TRUE(woken);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, YieldTest,
                         ::testing::Values(RunMode{"rr", false},
                                           RunMode{"rr", true},
                                           RunMode{"fifo", false},
                                           RunMode{"fifo", true}),
                         RunModeName);

class TurnLengthTest : public RunTest {};

// A turn lasts for its ticks, or longer if several came at once.
TEST_F(TurnLengthTest, AfterAYieldInMidTurn_IsThatOfAWholeTurn) {
  options_.tick = RealTick(absl::Microseconds(200));
  options_.time_slice = 4 * *options_.tick;
  Run([] {
    std::atomic<bool> stop = false;
    Thread hog([&] {
      while (!stop) {
      }
    });
    for (int i = 0; i < 10; ++i) {
      SpinForTicks(3);
      this_thread::Yield();
      const ThreadStats stats = hog.Stats();
      EXPECT_GE(stats.ticks, 4 * stats.preemptions);
    }
    stop = true;
  });
}

// At first there is no other thread.
TEST_F(TurnLengthTest, AfterAYieldToNobody_IsThatOfAWholeTurn) {
  options_.tick = RealTick(absl::Microseconds(200));
  options_.time_slice = 4 * *options_.tick;
  Run([] {
    for (int i = 0; i < 10; ++i) {
      SpinForTicks(3);
      const uint64_t before = TicksDelivered();
      this_thread::Yield();
      std::atomic<uint64_t> at = 0;
      Thread rival([&] { at = TicksDelivered(); });
      while (at == 0) {
      }
      EXPECT_GE(at - before, 4u);
    }
  });
}

}  // namespace
}  // namespace jiffy
