// Conditions park green threads, wake OS threads in the kernel, and wait with
// timeouts and stop tokens.
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ConditionTest : public InterposeTest {};

// A queue of one place: each hand-over takes two waits.
template <typename Condition>
struct Place {
  std::mutex mutex;
  Condition changed;
  bool full = false;

  void Put() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return !full; });
    full = true;
    changed.notify_all();
  }
  void Take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return full; });
    full = false;
    changed.notify_all();
  }
};

template <typename Condition>
void HandOver() {
  Place<Condition> place;
  constexpr int kRounds = 100;
  std::deque<Thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) place.Put();
    });
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) place.Take();
    });
  }
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  EXPECT_FALSE(place.full);
}

TEST_P(ConditionTest, GreenThreads_HandOver) {
  Run(&HandOver<std::condition_variable>);
}
TEST_P(ConditionTest, GreenThreadsWithConditionAny_HandOver) {
  Run(&HandOver<std::condition_variable_any>);
}

// Both kinds wait in the same condition: a lost wake-up of either kind causes a
// deadlock.
TEST_P(ConditionTest, GreenAndOsThreads_HandOver) {
  constexpr int kRounds = 300;
  Run([] {
    Place<std::condition_variable> place;
    std::vector<std::thread> os_threads;
    std::deque<Thread> threads;
    const auto put = [&] {
      for (int round = 0; round < kRounds; ++round) place.Put();
    };
    const auto take = [&] {
      for (int round = 0; round < kRounds; ++round) place.Take();
    };
    os_threads.emplace_back(put);
    os_threads.emplace_back(take);
    threads.emplace_back(put);
    threads.emplace_back(take);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    for (std::thread& thread : os_threads) thread.join();
    EXPECT_FALSE(place.full);
  });
}

// libc unlocks the mutex inside its wait, unseen by threads that park for it.
TEST_P(ConditionTest, OsThreadBeginsToWait_GreenThreadGetsItsMutex) {
  Run([] {
    for (int i = 0; i < 20; ++i) {
      std::mutex mutex;
      std::condition_variable changed;
      std::atomic<bool> locked{false};
      std::atomic<bool> wait{false};
      bool go = false;
      std::thread waiter([&] {
        std::unique_lock lock(mutex);
        locked = true;
        while (!wait) std::this_thread::yield();
        changed.wait(lock, [&] { return go; });
      });
      while (!locked) this_thread::SleepFor(absl::Microseconds(20));
      Thread green([&] {
        const std::lock_guard lock(mutex);
        go = true;
      });
      LetOthersRun();
      wait = true;
      EXPECT_TRUE(green.Join().ok());
      changed.notify_one();
      waiter.join();
    }
  });
}

TEST_P(ConditionTest, NotifyOne_WakesOneOfSeveral) {
  Run([] {
    std::mutex mutex;
    std::condition_variable ready;
    int permits = 0;
    int waiting = 0;
    int passed = 0;
    std::deque<Thread> threads;
    for (int i = 0; i < 5; ++i) {
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        waiting++;
        ready.wait(lock, [&] { return permits > 0; });
        permits--;
        passed++;
      });
    }
    const auto count = [&](const int& counter) {
      const std::lock_guard lock(mutex);
      return counter;
    };
    while (count(waiting) < 5) this_thread::SleepFor(absl::Microseconds(20));
    for (int i = 1; i <= 5; ++i) {
      {
        const std::lock_guard lock(mutex);
        permits++;
      }
      ready.notify_one();
      while (count(passed) < i) this_thread::SleepFor(absl::Microseconds(20));
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(ConditionTest, TimeIsOver_SaysSoAndHoldsTheMutex) {
  Run([] {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto before = std::chrono::steady_clock::now();
    const auto is = std::chrono::milliseconds(2);
    EXPECT_EQ(never.wait_for(lock, is), std::cv_status::timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - before, is);
    EXPECT_EQ(never.wait_until(lock, std::chrono::system_clock::now() + is),
              std::cv_status::timeout);
    EXPECT_EQ(never.wait_until(lock, std::chrono::system_clock::now() - is),
              std::cv_status::timeout);
    Thread other([&] { EXPECT_FALSE(mutex.try_lock()); });
    EXPECT_TRUE(other.Join().ok());
  });
}

TEST_P(ConditionTest, ClockOfTheCondition_IsTheOneItsDeadlineIsBy) {
  Run([] {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_t condition;
    pthread_cond_init(&condition, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += 3600;
    bool signalled = false;
    // As wall-clock time, that value is long past.
    Thread signaller([&] {
      LetOthersRun();
      pthread_mutex_lock(&mutex);
      signalled = true;
      pthread_mutex_unlock(&mutex);
      pthread_cond_signal(&condition);
    });
    while (!signalled) {
      EXPECT_EQ(pthread_cond_timedwait(&condition, &mutex, &time), 0);
    }
    time.tv_nsec = -1;
    EXPECT_EQ(pthread_cond_timedwait(&condition, &mutex, &time), EINVAL);
    pthread_mutex_unlock(&mutex);
    EXPECT_TRUE(signaller.Join().ok());
    EXPECT_EQ(pthread_cond_destroy(&condition), 0);
  });
}

TEST_P(ConditionTest, StopIsRequested_WaitEnds) {
  Run([] {
    std::mutex mutex;
    std::condition_variable_any never;
    Thread waiter([&](std::stop_token stop) {
      std::unique_lock lock(mutex);
      EXPECT_FALSE(never.wait(lock, stop, [] { return false; }));
      EXPECT_TRUE(stop.stop_requested());
    });
    LetOthersRun();
    EXPECT_TRUE(waiter.RequestStop());
    EXPECT_TRUE(waiter.Join().ok());
  });
}

TEST_P(ConditionTest, MutexIsNotHeld_SaysSoAndWaitsNot) {
  Run([] {
    pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    EXPECT_EQ(pthread_cond_wait(&condition, &mutex), EPERM);
  });
}

TEST_P(ConditionTest, ProcessShared_GreenThreadLooksAgainByItself) {
  Run([] {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_cond_t condition;
    pthread_cond_init(&condition, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    bool go = false;
    Thread waiter([&] {
      pthread_mutex_lock(&mutex);
      while (!go) EXPECT_EQ(pthread_cond_wait(&condition, &mutex), 0);
      pthread_mutex_unlock(&mutex);
    });
    LetOthersRun();
    pthread_mutex_lock(&mutex);
    // As another process would do it: without a signal that reaches us.
    go = true;
    pthread_mutex_unlock(&mutex);
    EXPECT_TRUE(waiter.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(, ConditionTest, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
