// OS threads wake green threads through the worker's mailbox. No wake-up is
// lost, whether the sleeper sleeps, is about to, or the CPU idles.
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ExternalWakeTest : public EveryRunModeTest {};

TEST_P(ExternalWakeTest, EverybodySleeps_RunGoesOnWhenWoken) {
  Run([] {
    Event event;
    // There is no deadlock while a thread exists that may wake it, however long
    // that takes.
    std::thread waker([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      event.Set();
    });
    EXPECT_EQ(event.Wait(), WaitResult::kReady);
    waker.join();
  });
}

TEST_P(ExternalWakeTest, WokenBeforeItWaits_WaitEndsAtOnce) {
  Run([] {
    CountingSemaphore<> permits(0);
    for (int i = 0; i < 10; ++i) {
      std::thread([&] { permits.release(); }).join();
      permits.acquire();
    }
    EXPECT_FALSE(permits.try_acquire());
  });
}

TEST_P(ExternalWakeTest, ManySleepersAndWakers_NoWakeUpIsLost) {
  constexpr int kSleepers = 5;
  constexpr int kRounds = 300;
  repetitions_ = 1;
  Run([] {
    struct Pair {
      CountingSemaphore<> wanted{0};
      CountingSemaphore<> done{0};
    };
    std::deque<Pair> pairs(kSleepers);
    std::vector<Thread> threads;
    std::vector<std::thread> wakers;
    for (Pair& pair : pairs) {
      threads.emplace_back(ShortTurns(), [&pair] {
        for (int i = 0; i < kRounds; ++i) {
          pair.wanted.acquire();
          pair.done.release();
        }
      });
      wakers.emplace_back([&pair] {
        for (int i = 0; i < kRounds; ++i) {
          pair.wanted.release();
          pair.done.acquire();
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    for (std::thread& waker : wakers) waker.join();
  });
}

// All green threads wait for a mutex that an OS thread is about to hand to one
// of them: no deadlock, although its owner is a waiting thread.
TEST_P(ExternalWakeTest, OsThreadHandsAMutexOver_IsNoDeadlock) {
  constexpr int kRounds = 5000;
  repetitions_ = 1;
  Run([] {
    Mutex mutex;
    int entries = 0;
    const auto work = [&] {
      for (int i = 0; i < kRounds; ++i) {
        const std::lock_guard lock(mutex);
        entries++;
      }
    };
    std::vector<std::thread> os_threads;
    for (int i = 0; i < 2; ++i) os_threads.emplace_back(work);
    std::deque<Thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back(work);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    for (std::thread& thread : os_threads) thread.join();
    EXPECT_EQ(entries, 4 * kRounds);
  });
}

// The sleeper's time is over at the moment when the OS thread wakes it.
TEST_P(ExternalWakeTest, WokenJustWhenTheTimeIsOver_NothingIsLostOrDoubled) {
  constexpr int kRounds = 300;
  repetitions_ = 1;
  Run([] {
    CountingSemaphore<> permits(0);
    int taken = 0;
    std::thread waker([&] {
      for (int i = 0; i < kRounds; ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        permits.release();
      }
    });
    while (taken < kRounds) {
      if (permits.try_acquire_for(absl::Microseconds(50))) taken++;
    }
    waker.join();
    EXPECT_FALSE(permits.try_acquire());
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ExternalWakeTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
