// ConditionVariable: notifications wake the right threads, none is lost, and
// time limits and stop requests end waits.
#include "runtime/sync/condition_variable.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class ConditionVariableTest : public SyncTest {};

// A bounded queue as in textbooks.
struct Queue {
  void Put(int value) {
    std::unique_lock lock(mutex);
    not_full.wait(lock, [&] { return values.size() < 4; });
    values.push_back(value);
    not_empty.notify_one();
  }
  int Take() {
    std::unique_lock lock(mutex);
    not_empty.wait(lock, [&] { return !values.empty(); });
    const int value = values.front();
    values.pop_front();
    not_full.notify_one();
    return value;
  }
  Mutex mutex;
  ConditionVariable not_full;
  ConditionVariable not_empty;
  std::deque<int> values;
};

TEST_P(ConditionVariableTest, BoundedQueue_CarriesEverythingOnce) {
  Run([] {
    Queue queue;
    constexpr int kPairs = 4;
    constexpr int kValues = 1'000;
    std::vector<int> seen(kPairs * kValues, 0);
    std::vector<Thread> threads;
    for (int i = 0; i < kPairs; ++i) {
      threads.emplace_back([&, i] {
        for (int v = 0; v < kValues; ++v) queue.Put(i * kValues + v);
      });
      threads.emplace_back([&] {
        for (int v = 0; v < kValues; ++v) seen[queue.Take()]++;
      });
    }
    JoinAll(threads);
    EXPECT_EQ(seen, std::vector<int>(kPairs * kValues, 1));
  });
}

TEST_P(ConditionVariableTest, BoundedQueueBetweenOsAndGreenThreads_Works) {
  Run([] {
    Queue queue;
    constexpr int kValues = 1'000;
    long sum = 0;
    std::thread producer([&] {
      for (int v = 0; v < kValues; ++v) queue.Put(v);
    });
    for (int v = 0; v < kValues; ++v) sum += queue.Take();
    producer.join();
    std::thread consumer([&] {
      for (int v = 0; v < kValues; ++v) sum -= queue.Take();
    });
    for (int v = 0; v < kValues; ++v) queue.Put(v);
    consumer.join();
    EXPECT_EQ(sum, 0);
  });
}

TEST_P(ConditionVariableTest, NotifyOne_WakesTheOneThatWaitedLongest) {
  Run([] {
    Mutex mutex;
    ConditionVariable cv;
    std::vector<int> order;
    int waiting = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < 5; ++i) {
      threads.emplace_back([&, i] {
        std::unique_lock lock(mutex);
        waiting++;
        cv.wait(lock);
        order.push_back(i);
      });
      // The thread waits once it releases the mutex.
      for (;;) {
        const std::lock_guard lock(mutex);
        if (waiting == i + 1) break;
        this_thread::Yield();
      }
    }
    for (size_t i = 0; i < 5; ++i) {
      {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(order.size(), i);
      }
      cv.notify_one();
      for (;;) {
        const std::lock_guard lock(mutex);
        if (order.size() == i + 1) break;
        this_thread::Yield();
      }
    }
    JoinAll(threads);
    EXPECT_EQ(order, std::vector<int>({0, 1, 2, 3, 4}));
  });
}

TEST_P(ConditionVariableTest, NotifyAll_WakesAll) {
  Run([] {
    Mutex mutex;
    ConditionVariable cv;
    bool open = false;
    int through = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        cv.wait(lock, [&] { return open; });
        through++;
      });
    }
    for (const Thread& thread : threads) AwaitBlocked(thread);
    {
      const std::lock_guard lock(mutex);
      EXPECT_EQ(through, 0);
      open = true;
    }
    cv.notify_all();
    JoinAll(threads);
    EXPECT_EQ(through, kCrowd);
  });
}

TEST_P(ConditionVariableTest, Timeouts_EndTheWaitWithTheMutexHeld) {
  Run([] {
    Mutex mutex;
    ConditionVariable cv;
    std::unique_lock lock(mutex);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(cv.wait_for(lock, absl::Milliseconds(2)),
              std::cv_status::timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - start,
              std::chrono::milliseconds(2));
    EXPECT_EQ(cv.wait_for(lock, std::chrono::milliseconds(-5)),
              std::cv_status::timeout);
    EXPECT_EQ(cv.wait_until(lock, start), std::cv_status::timeout);
    EXPECT_FALSE(
        cv.wait_for(lock, std::chrono::milliseconds(1), [] { return false; }));
    EXPECT_TRUE(
        cv.wait_for(lock, std::chrono::milliseconds(1), [] { return true; }));
    EXPECT_TRUE(lock.owns_lock());
    Thread([&] { EXPECT_FALSE(mutex.try_lock()); }).Join().IgnoreError();
  });
}

TEST_P(ConditionVariableTest, StopRequest_EndsTheWait) {
  Run([] {
    Mutex mutex;
    ConditionVariable cv;
    std::atomic<bool> waits = false;
    Thread thread([&](std::stop_token stop) {
      std::unique_lock lock(mutex);
      waits = true;
      EXPECT_FALSE(cv.wait(lock, stop, [] { return false; }));
      EXPECT_TRUE(stop.stop_requested());
      EXPECT_TRUE(lock.owns_lock());
      // A stop was already requested: it does not wait at all.
      EXPECT_FALSE(cv.wait(lock, stop, [] { return false; }));
      EXPECT_TRUE(cv.wait(lock, stop, [] { return true; }));
    });
    while (!waits) this_thread::Yield();
    EXPECT_TRUE(thread.RequestStop());
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(ConditionVariableTest, StopRequestByAnOsThread_EndsTheWait) {
  Run([] {
    for (int i = 0; i < 50; ++i) {
      Mutex mutex;
      ConditionVariable cv;
      std::stop_source stop;
      std::thread os([&] { stop.request_stop(); });
      std::unique_lock lock(mutex);
      EXPECT_FALSE(cv.wait(lock, stop.get_token(), [] { return false; }));
      os.join();
    }
  });
}

TEST_P(ConditionVariableTest, AnyLock_Will) {
  Run([] {
    SharedMutex mutex;
    ConditionVariable cv;
    bool ready = false;
    Thread reader([&] {
      std::shared_lock lock(mutex);
      cv.wait(lock, [&] { return ready; });
    });
    AwaitBlocked(reader);
    {
      const std::unique_lock lock(mutex);
      ready = true;
    }
    cv.notify_all();
    EXPECT_TRUE(reader.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ConditionVariableTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
