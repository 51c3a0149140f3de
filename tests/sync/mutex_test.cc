// Mutexes exclude, wait without blocking the worker, keep their order, and can
// be shared with OS threads.
#include "runtime/sync/mutex.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class MutexTest : public SyncTest {};

// Adds to a counter in two steps, so that an overlap loses a count.
void AddSlowly(int& counter) {
  const int before = counter;
  Compute(100);
  counter = before + 1;
}

template <typename M>
void ExpectExcludes() {
  M mutex;
  int counter = 0;
  std::vector<Thread> threads;
  for (int i = 0; i < kCrowd; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const std::lock_guard lock(mutex);
        AddSlowly(counter);
        if (round % 64 == 0) this_thread::Yield();
      }
    });
  }
  JoinAll(threads);
  EXPECT_EQ(counter, kCrowd * kRounds);
}

TEST_P(MutexTest, ManyThreads_ExcludeEachOther) {
  Run([] {
    ExpectExcludes<Mutex>();
    ExpectExcludes<TimedMutex>();
    ExpectExcludes<RecursiveMutex>();
    ExpectExcludes<RecursiveTimedMutex>();
  });
}

TEST_P(MutexTest, OsThreadsAmongThem_ExcludeEachOther) {
  Run([] {
    Mutex mutex;
    int counter = 0;
    std::vector<std::thread> os;
    for (int i = 0; i < 2; ++i) {
      os.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const std::lock_guard lock(mutex);
          AddSlowly(counter);
        }
      });
    }
    std::vector<Thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const std::lock_guard lock(mutex);
          AddSlowly(counter);
        }
      });
    }
    JoinAll(threads);
    for (std::thread& thread : os) thread.join();
    EXPECT_EQ(counter, 5 * kRounds);
  });
}

TEST_P(MutexTest, HolderSleeps_OthersRunMeanwhile) {
  Run([] {
    Mutex mutex;
    mutex.lock();
    bool got_it = false;
    std::atomic<bool> ran = false;
    Thread waiting([&] {
      const std::lock_guard lock(mutex);
      got_it = true;
    });
    Thread other([&] { ran = true; });
    while (!ran) this_thread::SleepFor(absl::Microseconds(100));
    EXPECT_FALSE(got_it);
    EXPECT_FALSE(mutex.try_lock()) << "by its holder";
    mutex.unlock();
    EXPECT_TRUE(waiting.Join().ok());
    EXPECT_TRUE(got_it);
  });
}

// A thread that was passed over once is next, even if the others never pause.
TEST_P(MutexTest, GreedyHolder_WaiterIsPassedOverOnceAtMost) {
  Run([] {
    Mutex mutex;
    int taken_meanwhile = 0;
    std::atomic<bool> done = false;
    mutex.lock();
    Thread patient([&] {
      mutex.lock();
      done = true;
      mutex.unlock();
    });
    AwaitBlocked(patient);
    // Linux 0.01 prefers the thread that has used fewer ticks, and the patient
    // thread's first steps may have taken some.
    SpinForTicks(40);
    mutex.unlock();
    while (!done) {
      mutex.lock();
      taken_meanwhile += done ? 0 : 1;
      this_thread::Yield();
      mutex.unlock();
    }
    EXPECT_LE(taken_meanwhile, 3);
    EXPECT_TRUE(patient.Join().ok());
  });
}

TEST_P(MutexTest, TryLockFor_EndsWithTheTime_AndLosesNothing) {
  Run([] {
    TimedMutex mutex;
    mutex.lock();
    Thread thread([&] {
      EXPECT_FALSE(mutex.try_lock());
      EXPECT_FALSE(mutex.try_lock_for(absl::Milliseconds(1)));
      EXPECT_FALSE(mutex.try_lock_for(std::chrono::microseconds(300)));
      EXPECT_FALSE(mutex.try_lock_for(absl::Seconds(-1)));
      EXPECT_FALSE(mutex.try_lock_for(std::chrono::hours(-1)));
      EXPECT_FALSE(mutex.try_lock_until(std::chrono::steady_clock::now() +
                                        std::chrono::milliseconds(1)));
      EXPECT_FALSE(mutex.try_lock_until(std::chrono::system_clock::now() +
                                        std::chrono::milliseconds(1)));
    });
    EXPECT_TRUE(thread.Join().ok());
    Thread late([&] {
      EXPECT_TRUE(mutex.try_lock_for(std::chrono::hours::max()));
      mutex.unlock();
    });
    AwaitBlocked(late);
    mutex.unlock();
    EXPECT_TRUE(late.Join().ok());
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

// A waiter's time is over, again and again, at the moment when it gets the
// mutex.
TEST_P(MutexTest, TimeIsOverJustThen_MutexIsNeverLost) {
  repetitions_ = 1;
  Run([] {
    TimedMutex mutex;
    int counter = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 100; ++round) {
          if (!mutex.try_lock_for(absl::Microseconds(20 + 10 * i))) continue;
          AddSlowly(counter);
          if (round % 4 == 0) this_thread::SleepFor(absl::Microseconds(30));
          mutex.unlock();
        }
      });
    }
    JoinAll(threads);
    EXPECT_GT(counter, 0);
    EXPECT_TRUE(mutex.try_lock()) << "nobody holds it any more";
    mutex.unlock();
  });
}

TEST_P(MutexTest, Recursive_UnlockedAsOftenAsLocked) {
  Run([] {
    RecursiveMutex mutex;
    bool other_has_it = false;
    mutex.lock();
    EXPECT_TRUE(mutex.try_lock());
    mutex.lock();
    Thread other([&] {
      EXPECT_FALSE(mutex.try_lock());
      mutex.lock();
      other_has_it = true;
      mutex.unlock();
    });
    AwaitBlocked(other);
    for (int i = 0; i < 3; ++i) {
      this_thread::SleepFor(absl::Microseconds(10));
      EXPECT_FALSE(other_has_it);
      mutex.unlock();
    }
    EXPECT_TRUE(other.Join().ok());
    EXPECT_TRUE(other_has_it);
  });
}

TEST_P(MutexTest, LockedTwiceByOneThread_Throws) {
  Run([] {
    Mutex mutex;
    mutex.lock();
    try {
      mutex.lock();
      ADD_FAILURE() << "locked twice";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::resource_deadlock_would_occur);
    }
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST_P(MutexTest, StandardLocks_WorkWithIt) {
  Run([] {
    static_assert(!std::is_copy_constructible_v<Mutex>);
    Mutex a;
    TimedMutex b;
    {
      std::scoped_lock both(a, b);
      Thread([&] { EXPECT_FALSE(a.try_lock()); }).Join().IgnoreError();
    }
    std::unique_lock<TimedMutex> lock(b, std::defer_lock);
    EXPECT_TRUE(lock.try_lock_for(std::chrono::milliseconds(1)));
    EXPECT_EQ(std::try_lock(a, a), 1);
  });
}

// A constant-initialised global is ready before any constructor runs.
constinit Mutex global_mutex;

TEST(Mutex, OutsideOfRuns_ServesOsThreads) {
  int counter = 0;
  std::vector<std::thread> os;
  for (int i = 0; i < 4; ++i) {
    os.emplace_back([&] {
      for (int round = 0; round < 10'000; ++round) {
        const std::lock_guard lock(global_mutex);
        AddSlowly(counter);
      }
    });
  }
  for (std::thread& thread : os) thread.join();
  EXPECT_EQ(counter, 40'000);
}

INSTANTIATE_TEST_SUITE_P(RunModes, MutexTest, ::testing::ValuesIn(SyncModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
