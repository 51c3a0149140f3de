// The lock inside all primitives: a worker's plain stores and an OS thread's
// atomic instructions exclude each other, from the OS thread's first access on.
#include "runtime/core/biased_lock.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/tick.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

using internal::BiasedLock;
using internal::LockGuard;

class BiasedLockTest : public SyncTest {};

TEST_P(BiasedLockTest, WorkerHasItBiased_OsThreadWaits) {
  Run([] {
    BiasedLock lock;
    std::atomic<bool> go = false;
    std::atomic<bool> comes = false;
    std::atomic<bool> has_it = false;
    std::thread os([&] {
      while (!go) std::this_thread::yield();
      comes = true;
      const LockGuard guard(lock);
      has_it = true;
    });
    {
      const LockGuard guard(lock);
      EXPECT_FALSE(lock.revoked());
      go = true;
      while (!comes) Compute(100);
      // Enough time for it, if nothing delayed it.
      const int64_t until = signals::MonotonicNs() + 3'000'000;
      while (signals::MonotonicNs() < until) Compute(100);
      EXPECT_FALSE(has_it);
    }
    os.join();
    EXPECT_TRUE(has_it);
    EXPECT_TRUE(lock.revoked());
    const LockGuard guard(lock);
  });
}

TEST_P(BiasedLockTest, OsThreadHasIt_WorkerWaits) {
  Run([] {
    BiasedLock lock;
    std::atomic<bool> has_it = false;
    std::atomic<bool> lets_go = false;
    std::thread os([&] {
      const LockGuard guard(lock);
      has_it = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      lets_go = true;
    });
    while (!has_it) this_thread::Yield();
    {
      const LockGuard guard(lock);
      EXPECT_TRUE(lets_go);
    }
    os.join();
  });
}

// Each lock's bias is revoked at some moment while the worker uses it.
TEST_P(BiasedLockTest, ManyLocks_NoUpdateIsLost) {
  repetitions_ = 1;
  Run([] {
    constexpr int kLocks = 2'000;
    struct Counter {
      BiasedLock lock;
      int value = 0;
      void Add() {
        const LockGuard guard(lock);
        const int before = value;
        Compute(20);
        value = before + 1;
      }
    };
    const auto counters = std::make_unique<Counter[]>(kLocks);
    const auto add_all = [&] {
      for (int i = 0; i < kLocks; ++i) {
        for (int k = 0; k < 5; ++k) counters[i].Add();
      }
    };
    std::thread os(add_all);
    Thread a(add_all);
    Thread b(add_all);
    EXPECT_TRUE(a.Join().ok());
    EXPECT_TRUE(b.Join().ok());
    os.join();
    for (int i = 0; i < kLocks; ++i) EXPECT_EQ(counters[i].value, 15);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, BiasedLockTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
