// Stacks and thread blocks are reused as threads come and go: the process
// carves no more of them than were in use at once.
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

constexpr int64_t kForcedTickNs = 10'000;

class SlotReuseTest : public EveryRunModeTest {};

// Returns the slots that `fn` makes the process carve.
template <typename F>
uint64_t Carves(F fn) {
  const uint64_t before = testing::CarvedSlots();
  fn();
  return testing::CarvedSlots() - before;
}

TEST_P(SlotReuseTest, OneAtATime_TakeOneSlot) {
  Run([] {
    const auto spawn_and_join = [] {
      Thread thread([] {});
      EXPECT_TRUE(thread.Join().ok());
    };
    spawn_and_join();
    EXPECT_EQ(Carves([&] {
                for (int i = 0; i < 1000; ++i) spawn_and_join();
              }),
              0u);
  });
}

TEST_P(SlotReuseTest, EveryWayToEnd_GivesTheSlotBack) {
  Run([] {
    const auto every_way = [] {
      Thread joined([] {});
      EXPECT_TRUE(joined.Join().ok());
      {
        const Thread destroyed([] {});
      }
      Thread threw([] { throw std::runtime_error("caught"); });
      EXPECT_THROW(threw.Join().IgnoreError(), std::runtime_error);
      EXPECT_FALSE(Thread::Spawn({.nice = 99}, [] {}).ok());
      struct Large {
        char room[kMinStackSize] = {};
        void operator()() const {}
      };
      EXPECT_FALSE(Thread::Spawn({.stack_size = kMinStackSize}, Large()).ok());
      std::atomic<bool> ended = false;
      Thread detached([&] { ended = true; });
      EXPECT_TRUE(detached.Detach().ok());
      while (!ended) this_thread::Yield();
    };
    // Twice, since a detached thread may still be ending when the next one
    // starts.
    every_way();
    every_way();
    EXPECT_LE(Carves([&] {
                for (int i = 0; i < 100; ++i) every_way();
              }),
              1u);
  });
}

TEST_P(SlotReuseTest, RunAfterRun_TakesTheSameSlots) {
  const auto ten_threads = [] {
    std::vector<Thread> threads;
    std::atomic<bool> may_end = false;
    for (int i = 0; i < 10; ++i) {
      threads.emplace_back([&] {
        while (!may_end) this_thread::Yield();
      });
    }
    may_end = true;
  };
  EXPECT_TRUE(RunOnce(ten_threads).ok());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Carves([&] { EXPECT_TRUE(RunOnce(ten_threads).ok()); }), 0u);
  }
}

// Spawners are preempted anywhere, while their children end.
TEST_P(SlotReuseTest, ManySpawnersAtOnce_LoseNothing) {
  if (signals::kValgrind && GetParam().scheduler == "linux-0.01") {
    // Turns are 15 ticks, and those who wait for theirs fill its 64 slots.
    GTEST_SKIP() << "valgrind's ticks are too long";
  }
  constexpr int kSpawners = 8;
  constexpr uint64_t kTicks = Rounds(4000);
  spare_slots_ = kSpawners;
  repetitions_ = 1;
  testing::ForceTickNs(ShortTickNs(kForcedTickNs));
  std::atomic<uint64_t> spawned = 0;
  std::atomic<uint64_t> ended = 0;
  Run([&] {
    std::vector<Thread> spawners;
    for (int i = 0; i < kSpawners; ++i) {
      spawners.emplace_back([&] {
        while (Jiffies() < kTicks) {
          Thread detached([&ended] { ended++; });
          EXPECT_TRUE(detached.Detach().ok());
          Thread joined([&ended] { ended++; });
          EXPECT_TRUE(joined.Join().ok());
          spawned += 2;
        }
      });
    }
  });
  testing::ForceTickNs(0);
  EXPECT_EQ(ended, spawned);
  EXPECT_EQ(stats().threads, 1 + kSpawners + spawned);
}

INSTANTIATE_TEST_SUITE_P(RunModes, SlotReuseTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
