// A std::mutex of any kind parks the green thread that waits for it, and
// returns what libc's would.
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class MutexTest : public InterposeTest {};

// A libc mutex with attributes.
class PosixMutex {
 public:
  explicit PosixMutex(int type, int shared = PTHREAD_PROCESS_PRIVATE) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setpshared(&attributes, shared);
    pthread_mutex_init(&mutex_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  ~PosixMutex() { EXPECT_EQ(pthread_mutex_destroy(&mutex_), 0); }
  operator pthread_mutex_t*() { return &mutex_; }  // NOLINT: for brevity.

 private:
  pthread_mutex_t mutex_;
};

timespec Soon(clockid_t clock, long ns) {
  timespec time;
  clock_gettime(clock, &time);
  time.tv_nsec += ns;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

template <typename Mutex>
void HoldWhileOthersContend() {
  Mutex mutex;
  int inside = 0;
  int entries = 0;
  std::deque<Thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(inside++, 0);
        // Fails, since all other threads want the mutex, but lets them run.
        if (round % 4 == 0) {
          this_thread::SleepFor(absl::Microseconds(20));
        } else {
          this_thread::Yield();
        }
        EXPECT_EQ(--inside, 0);
        entries++;
      }
    });
  }
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  EXPECT_EQ(entries, 8 * 20);
}

TEST_P(MutexTest, HolderSleeps_OthersPark) {
  Run(&HoldWhileOthersContend<std::mutex>);
}
TEST_P(MutexTest, HolderOfRecursiveMutexSleeps_OthersPark) {
  Run(&HoldWhileOthersContend<std::recursive_mutex>);
}
TEST_P(MutexTest, HolderOfTimedMutexSleeps_OthersPark) {
  Run(&HoldWhileOthersContend<std::timed_mutex>);
}

TEST_P(MutexTest, SomebodyWaitsForIt_ThreadsThatDoNotRunOn) {
  Run([] {
    std::mutex mutex;
    mutex.lock();
    bool had_it = false;
    Thread waiter([&] {
      const std::lock_guard lock(mutex);
      had_it = true;
    });
    int turns = 0;
    Thread other([&] {
      for (int i = 0; i < 100; ++i) {
        this_thread::Yield();
        turns++;
      }
    });
    EXPECT_TRUE(other.Join().ok());
    EXPECT_EQ(turns, 100);
    EXPECT_FALSE(had_it);
    mutex.unlock();
    EXPECT_TRUE(waiter.Join().ok());
    EXPECT_TRUE(had_it);
  });
}

// A thread loses the CPU while it holds the mutex: by ticks, or as it sleeps.
TEST_P(MutexTest, HolderLosesTheCpu_ExclusionHolds) {
  Run([this] {
    std::mutex mutex;
    int inside = 0;
    std::deque<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(ShortTurns(), [&] {
        for (int round = 0; round < 10; ++round) {
          const std::lock_guard lock(mutex);
          EXPECT_EQ(inside++, 0);
          if (preempts()) {
            SpinForTicks(2);
          } else {
            this_thread::SleepFor(absl::Microseconds(20));
          }
          EXPECT_EQ(--inside, 0);
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(MutexTest, CallerHoldsAGuard_WaitingParksAllTheSame) {
  Run([] {
    std::mutex mutex;
    mutex.lock();
    Thread waiter([&] {
      const NoPreempt guard;
      const std::lock_guard lock(mutex);
    });
    LetOthersRun();
    mutex.unlock();
    EXPECT_TRUE(waiter.Join().ok());
  });
}

TEST_P(MutexTest, OsThreadsToo_ExcludeEachOtherAndLoseNoWakeUp) {
  constexpr int kRounds = 2000;
  Run([] {
    std::mutex mutex;
    int inside = 0;
    int entries = 0;
    const auto work = [&](bool green) {
      for (int i = 0; i < kRounds; ++i) {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(inside++, 0);
        if (green && i % 16 == 0) this_thread::Yield();
        EXPECT_EQ(--inside, 0);
        entries++;
      }
    };
    std::vector<std::thread> os_threads;
    for (int i = 0; i < 2; ++i) os_threads.emplace_back(work, false);
    std::deque<Thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work, true);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    for (std::thread& thread : os_threads) thread.join();
    EXPECT_EQ(entries, 5 * kRounds);
  });
}

TEST_P(MutexTest, OsThreadHoldsIt_ItsUnlockWakesTheGreenThread) {
  Run([] {
    std::mutex mutex;
    std::atomic<bool> locked{false};
    std::atomic<bool> unlock{false};
    std::thread holder([&] {
      const std::lock_guard lock(mutex);
      locked = true;
      while (!unlock) std::this_thread::yield();
    });
    while (!locked) this_thread::Yield();
    Thread waiter([&] { const std::lock_guard lock(mutex); });
    LetOthersRun();
    unlock = true;
    EXPECT_TRUE(waiter.Join().ok());
    holder.join();
  });
}

TEST_P(MutexTest, OsThreadWaitsForIt_GreenUnlockWakesIt) {
  Run([] {
    std::mutex mutex;
    mutex.lock();
    std::atomic<bool> had_it{false};
    std::thread waiter([&] {
      const std::lock_guard lock(mutex);
      had_it = true;
    });
    // The thread is in the kernel by then, or will be.
    LetOthersRun();
    EXPECT_FALSE(had_it);
    mutex.unlock();
    while (!had_it) this_thread::Yield();
    waiter.join();
  });
}

TEST_P(MutexTest, Timeouts_EndTheWaitOrDoNot) {
  Run([] {
    std::timed_mutex mutex;
    mutex.lock();
    bool all_tried = false;
    Thread waiter([&] {
      using std::chrono::steady_clock;
      using std::chrono::system_clock;
      const auto before = steady_clock::now();
      EXPECT_FALSE(mutex.try_lock_for(std::chrono::milliseconds(2)));
      EXPECT_GE(steady_clock::now() - before, std::chrono::milliseconds(2));
      EXPECT_FALSE(mutex.try_lock_until(system_clock::now() +
                                        std::chrono::milliseconds(2)));
      EXPECT_FALSE(
          mutex.try_lock_until(system_clock::now() - std::chrono::hours(1)));
      EXPECT_FALSE(mutex.try_lock());
      all_tried = true;
      EXPECT_TRUE(mutex.try_lock_for(std::chrono::hours(1)));
      mutex.unlock();
    });
    while (!all_tried) this_thread::SleepFor(absl::Microseconds(100));
    LetOthersRun();
    mutex.unlock();
    EXPECT_TRUE(waiter.Join().ok());
  });
}

// Runs `fn` in a green thread and in an OS thread, which gets libc's own
// answers.
void InBothKinds(const std::function<void()>& fn) {
  Thread thread(fn);
  EXPECT_TRUE(thread.Join().ok());
  std::thread(fn).join();
}

TEST_P(MutexTest, ErrorChecking_SaysWhatLibcSays) {
  Run([] {
    InBothKinds([] {
      PosixMutex mutex(PTHREAD_MUTEX_ERRORCHECK);
      EXPECT_EQ(pthread_mutex_unlock(mutex), EPERM);
      EXPECT_EQ(pthread_mutex_lock(mutex), 0);
      EXPECT_EQ(pthread_mutex_lock(mutex), EDEADLK);
      EXPECT_EQ(pthread_mutex_trylock(mutex), EBUSY);
      const timespec soon = Soon(CLOCK_REALTIME, 1'000'000);
      EXPECT_EQ(pthread_mutex_timedlock(mutex, &soon), EDEADLK);
      EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
      EXPECT_EQ(pthread_mutex_unlock(mutex), EPERM);
    });
    PosixMutex mutex(PTHREAD_MUTEX_ERRORCHECK);
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
    InBothKinds([&] {
      EXPECT_EQ(pthread_mutex_trylock(mutex), EBUSY);
      EXPECT_EQ(pthread_mutex_unlock(mutex), EPERM);
      const timespec bad = {.tv_sec = 1, .tv_nsec = 2'000'000'000};
      EXPECT_EQ(pthread_mutex_timedlock(mutex, &bad), EINVAL);
      EXPECT_EQ(pthread_mutex_clocklock(mutex, CLOCK_PROCESS_CPUTIME_ID, &bad),
                EINVAL);
      const timespec soon = Soon(CLOCK_MONOTONIC, 1'000'000);
      EXPECT_EQ(pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &soon),
                ETIMEDOUT);
      const timespec past = {.tv_sec = -5, .tv_nsec = 0};
      EXPECT_EQ(pthread_mutex_timedlock(mutex, &past), ETIMEDOUT);
    });
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
  });
}

TEST_P(MutexTest, Recursive_CountsForItsHolderOnly) {
  Run([] {
    PosixMutex mutex(PTHREAD_MUTEX_RECURSIVE);
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
    int step = 0;
    Thread other([&] {
      EXPECT_EQ(pthread_mutex_trylock(mutex), EBUSY);
      EXPECT_EQ(pthread_mutex_unlock(mutex), EPERM);
      EXPECT_EQ(pthread_mutex_lock(mutex), 0);
      EXPECT_EQ(step, 2);
      EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    });
    LetOthersRun();
    step = 1;
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    LetOthersRun();
    step = 2;
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    EXPECT_TRUE(other.Join().ok());
  });
}

TEST_P(MutexTest, ProcessShared_GreenThreadLooksAgainByItself) {
  Run([] {
    PosixMutex mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_SHARED);
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
    Thread waiter([&] {
      EXPECT_EQ(pthread_mutex_lock(mutex), 0);
      EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    });
    LetOthersRun();
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
    EXPECT_TRUE(waiter.Join().ok());
  });
}

TEST_P(MutexTest, HolderHasEnded_IsADeadlockThatSaysSo) {
  std::mutex mutex;
  const absl::Status status = RunOnce([&] {
    Thread before([&] { mutex.lock(); });
    EXPECT_TRUE(before.Join().ok());
    mutex.lock();
  });
  spare_slots_ += stats().most_threads;
  EXPECT_THAT(
      std::string(status.message()),
      ContainsRegex("waits for a mutex of the C library at 0x[0-9a-f]+, held "
                    "by a thread that has ended, since"));
  mutex.unlock();  // libc does not check who unlocks.
}

TEST_P(MutexTest, EachHoldsWhatTheOtherWants_ReportNamesHoldersAndTheCycle) {
  std::mutex fork;
  std::mutex knife;
  const absl::Status status = RunOnce([&] {
    Thread left({.name = "left"}, [&] {
      fork.lock();
      LetOthersRun();
      knife.lock();
    });
    Thread right({.name = "right"}, [&] {
      knife.lock();
      LetOthersRun();
      fork.lock();
    });
    EXPECT_TRUE(left.Join().ok());
  });
  spare_slots_ += stats().most_threads;
  const std::string text(status.message());
  EXPECT_THAT(text, HasSubstr("deadlock: all 3 threads wait"));
  EXPECT_THAT(text,
              HasSubstr("'left' (#2) waits for a mutex of the C library"));
  EXPECT_THAT(text, HasSubstr(", held by 'right' (#3)"));
  EXPECT_THAT(text, HasSubstr(", held by 'left' (#2)"));
  EXPECT_THAT(
      text, AnyOf(HasSubstr("cycle: 'left' (#2) -> 'right' (#3) -> 'left'"),
                  HasSubstr("cycle: 'right' (#3) -> 'left' (#2) -> 'right'")));
}

INSTANTIATE_TEST_SUITE_P(, MutexTest, InterposeModes(), InterposeModeName);

// Threads that share the OS thread's block are one thread to libc: its locks
// stay libc's, and so work per OS thread.
TEST(MutexOfSharedTlsTest, LockAndUnlock_AreLibcs) {
  const absl::Status status = jiffy::Run({.shared_tls = true}, [] {
    PosixMutex mutex(PTHREAD_MUTEX_ERRORCHECK);
    EXPECT_EQ(pthread_mutex_lock(mutex), 0);
    Thread other([&] { EXPECT_EQ(pthread_mutex_lock(mutex), EDEADLK); });
    EXPECT_TRUE(other.Join().ok());
    EXPECT_EQ(pthread_mutex_unlock(mutex), 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace jiffy
