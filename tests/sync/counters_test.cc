// Primitives that count: semaphores, latches, barriers, wait groups; also
// events and CallOnce.
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class CountersTest : public SyncTest {};

TEST_P(CountersTest, Semaphore_LetsInAsManyAsItHasPermits) {
  Run([] {
    CountingSemaphore<> permits(3);
    int inside = 0;
    int most = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 200; ++round) {
          permits.acquire();
          {
            const NoPreempt guard;
            most = std::max(most, ++inside);
          }
          if (round % 8 == 0) this_thread::SleepFor(absl::Microseconds(1));
          {
            const NoPreempt guard;
            inside--;
          }
          permits.release();
        }
      });
    }
    JoinAll(threads);
    EXPECT_LE(most, 3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(permits.try_acquire());
    EXPECT_FALSE(permits.try_acquire());
  });
}

TEST_P(CountersTest, Semaphore_ReleaseOfMany_WakesAsMany) {
  Run([] {
    CountingSemaphore<> permits(0);
    std::atomic<int> through = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < 5; ++i) {
      threads.emplace_back([&] {
        permits.acquire();
        through++;
      });
    }
    for (const Thread& thread : threads) AwaitBlocked(thread);
    permits.release(3);
    while (through < 3) this_thread::SleepFor(absl::Microseconds(10));
    for (int i = 0; i < 20; ++i) this_thread::SleepFor(absl::Microseconds(10));
    EXPECT_EQ(through, 3);
    permits.release(2);
    JoinAll(threads);
  });
}

TEST_P(CountersTest, Semaphore_WaitsEnd_ByTimeAndStop) {
  Run([] {
    BinarySemaphore semaphore(0);
    EXPECT_FALSE(semaphore.try_acquire_for(absl::Milliseconds(1)));
    EXPECT_FALSE(semaphore.try_acquire_for(std::chrono::milliseconds(-1)));
    EXPECT_FALSE(semaphore.try_acquire_until(std::chrono::steady_clock::now() +
                                             std::chrono::milliseconds(1)));
    EXPECT_EQ(semaphore.Acquire({.timeout = absl::Milliseconds(1)}),
              WaitResult::kTimeout);
    std::stop_source stop;
    Thread thread([&] { stop.request_stop(); });
    EXPECT_EQ(semaphore.Acquire({.stop = stop.get_token()}),
              WaitResult::kStopped);
    EXPECT_TRUE(thread.Join().ok());
    semaphore.release();
    EXPECT_EQ(semaphore.Acquire({.stop = stop.get_token()}), WaitResult::kReady)
        << "what is there is taken, stop or not";
  });
}

TEST_P(CountersTest, Latch_OpensOnce) {
  Run([] {
    Latch latch(kCrowd);
    int arrived = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&] {
        {
          const NoPreempt guard;
          arrived++;
        }
        latch.arrive_and_wait();
        EXPECT_EQ(arrived, kCrowd);
      });
    }
    JoinAll(threads);
    EXPECT_TRUE(latch.try_wait());
    latch.wait();
  });
}

TEST_P(CountersTest, Latch_GoneAsSoonAsAWaitReturns_IsNotTouched) {
  Run([] {
    for (int i = 0; i < 100; ++i) {
      Thread thread;
      std::thread os;
      {
        Latch latch(2);
        thread = Thread([&] { latch.count_down(); });
        os = std::thread([&] { latch.count_down(); });
        latch.wait();
        // `os` may still be inside count_down, past its last touch.
      }
      EXPECT_TRUE(thread.Join().ok());
      os.join();
    }
  });
}

TEST_P(CountersTest, Barrier_NobodyIsAPhaseAhead) {
  Run([] {
    constexpr int kPhases = 100;
    int phase = 0;
    const auto next = [&]() noexcept { phase++; };
    Barrier<decltype(next)> barrier(kCrowd, next);
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&] {
        for (int p = 0; p < kPhases; ++p) {
          EXPECT_EQ(phase, p);
          barrier.arrive_and_wait();
        }
      });
    }
    JoinAll(threads);
    EXPECT_EQ(phase, kPhases);
  });
}

TEST_P(CountersTest, Barrier_WithoutThoseThatDropOut) {
  Run([] {
    Barrier<> barrier(3);
    Thread leaver([&] { barrier.arrive_and_drop(); });
    Thread other([&] {
      barrier.arrive_and_wait();
      barrier.arrive_and_wait();
    });
    barrier.wait(barrier.arrive());
    barrier.arrive_and_wait();
    EXPECT_TRUE(leaver.Join().ok());
    EXPECT_TRUE(other.Join().ok());
  });
}

TEST_P(CountersTest, Barrier_OsThreadsAmongThem) {
  Run([] {
    Barrier<> barrier(3);
    std::atomic<int> sum{0};
    const auto work = [&] {
      for (int i = 0; i < 200; ++i) {
        sum++;
        barrier.arrive_and_wait();
        EXPECT_EQ(sum % 3, 0);
        barrier.arrive_and_wait();
      }
    };
    std::thread os(work);
    Thread a(work);
    work();
    EXPECT_TRUE(a.Join().ok());
    os.join();
  });
}

TEST_P(CountersTest, WaitGroup_WaitsForAllThatWasBegun) {
  Run([] {
    WaitGroup group;
    EXPECT_EQ(group.Wait(), WaitResult::kReady);
    Event go;
    int done = 0;
    for (int i = 0; i < kCrowd; ++i) {
      group.Add();
      Thread([&] {
        go.Wait();
        {
          const NoPreempt guard;
          done++;
        }
        group.Done();
      })
          .Detach()
          .IgnoreError();
    }
    EXPECT_EQ(group.Wait({.timeout = absl::ZeroDuration()}),
              WaitResult::kTimeout);
    go.Set();
    EXPECT_EQ(group.Wait(), WaitResult::kReady);
    EXPECT_EQ(done, kCrowd);
  });
}

TEST_P(CountersTest, ManualEvent_LetsAllThroughUntilCleared) {
  Run([] {
    Event event;
    int through = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        EXPECT_EQ(event.Wait(), WaitResult::kReady);
        const NoPreempt guard;
        through++;
      });
    }
    for (const Thread& thread : threads) AwaitBlocked(thread);
    EXPECT_EQ(through, 0);
    event.Set();
    JoinAll(threads);
    EXPECT_TRUE(event.IsSet());
    EXPECT_EQ(event.Wait(), WaitResult::kReady);
    event.Clear();
    EXPECT_EQ(event.Wait({.timeout = absl::Milliseconds(1)}),
              WaitResult::kTimeout);
  });
}

TEST_P(CountersTest, AutoEvent_LetsOneThroughForEachSet) {
  Run([] {
    Event event(Event::Reset::kAuto);
    Event back(Event::Reset::kAuto);
    Thread thread([&] {
      for (int i = 0; i < 500; ++i) {
        event.Wait();
        EXPECT_FALSE(event.IsSet());
        back.Set();
      }
    });
    for (int i = 0; i < 500; ++i) {
      event.Set();
      back.Wait();
    }
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_FALSE(event.IsSet());
  });
}

TEST_P(CountersTest, CallOnce_CallsOnce_OthersWaitUntilItReturned) {
  Run([] {
    OnceFlag flag;
    int calls = 0;
    bool ready = false;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&] {
        CallOnce(flag, [&] {
          calls++;
          this_thread::SleepFor(absl::Microseconds(200));
          ready = true;
        });
        EXPECT_TRUE(ready);
      });
    }
    JoinAll(threads);
    EXPECT_EQ(calls, 1);
  });
}

TEST_P(CountersTest, CallOnce_ThatThrows_IsTheNextOnes) {
  Run([] {
    OnceFlag flag;
    int calls = 0;
    std::atomic<int> thrown = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&] {
        try {
          CallOnce(flag, [&] {
            const int call = ++calls;
            this_thread::Yield();
            if (call < 3) throw std::runtime_error("not yet");
          });
        } catch (const std::runtime_error&) {
          thrown++;
        }
      });
    }
    JoinAll(threads);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(thrown, 2);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, CountersTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
