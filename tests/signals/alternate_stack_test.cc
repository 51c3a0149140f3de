// A handler of the program that runs on the alternate stack, which belongs to
// the OS thread and not to the green thread, is never switched away from.
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

std::atomic<int> stays = 0;
std::atomic<uint64_t> counts_in_handler = 0;
std::atomic<uint64_t> count = 0;

// Long enough for many ticks, as counted by the timer.
void StayOnAlternateStack(int) {
  // Otherwise no tick would come.
  if (TickIsBlocked()) return;
  stays++;
  const uint64_t before = count;
  SpinForTicks(30);
  counts_in_handler += count - before;
}

class AlternateStackTest : public EveryRunModeTest {
 protected:
  void SetUp() override {
    EveryRunModeTest::SetUp();
    struct sigaction action = {};
    action.sa_handler = &StayOnAlternateStack;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR2, &action, &before_);
    counts_in_handler = 0;
  }
  void TearDown() override {
    sigaction(SIGUSR2, &before_, nullptr);
    EveryRunModeTest::TearDown();
  }

 private:
  struct sigaction before_;
};

TEST_P(AlternateStackTest, TicksInUsersHandler_WaitUntilItReturns) {
  Run([] {
    std::atomic<bool> stop = false;
    Thread other(ShortTurns(), [&] {
      while (!stop) count++;
    });
    stays = 0;
    while (stays < 10) {
      const uint64_t before = count;
      raise(SIGUSR2);
      EXPECT_EQ(counts_in_handler, 0u) << "another thread ran meanwhile";
      // The ticks act right after, through the one-shot timer.
      while (count == before) SpinForTicks(1);
    }
    stop = true;
  });
  EXPECT_GT(stats().deferred_ticks, 0u);
}

INSTANTIATE_TEST_SUITE_P(RunModes, AlternateStackTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
