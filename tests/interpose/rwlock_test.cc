// std::shared_mutex and POSIX reader-writer locks park green threads and return
// what libc's would.
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <mutex>
#include <shared_mutex>
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

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class RwlockTest : public InterposeTest {};

TEST_P(RwlockTest, ReadersAndWriters_ExcludeEachOther) {
  Run([] {
    std::shared_mutex mutex;
    int readers = 0;
    int writers = 0;
    std::deque<Thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          const std::shared_lock lock(mutex);
          readers++;
          EXPECT_EQ(writers, 0);
          this_thread::Yield();
          EXPECT_EQ(writers, 0);
          readers--;
        }
      });
    }
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          const std::unique_lock lock(mutex);
          EXPECT_EQ(readers, 0);
          EXPECT_EQ(writers++, 0);
          this_thread::SleepFor(absl::Microseconds(20));
          EXPECT_EQ(readers, 0);
          EXPECT_EQ(--writers, 0);
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(RwlockTest, TwoWriteWhatTheOtherWants_IsADeadlockWithItsCycle) {
  std::shared_mutex fork;
  std::shared_mutex knife;
  const absl::Status status = RunOnce([&] {
    Thread left({.name = "left"}, [&] {
      fork.lock();
      LetOthersRun();
      knife.lock_shared();
    });
    Thread right({.name = "right"}, [&] {
      knife.lock();
      LetOthersRun();
      fork.lock();
    });
    EXPECT_TRUE(left.Join().ok());
  });
  spare_slots_ += stats().most_threads;
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("'left' (#2) waits for a reader-writer lock of the C "
                      "library"),
            HasSubstr(", held by 'right' (#3)"),
            ContainsRegex("cycle: ('left' \\(#2\\) -> 'right' \\(#3\\)|"
                          "'right' \\(#3\\) -> 'left' \\(#2\\)) -> ")));
}

TEST_P(RwlockTest, OsThreadsToo_LoseNoWakeUp) {
  Run([] {
    std::shared_mutex mutex;
    int64_t pair[2] = {};
    const auto work = [&](bool green) {
      for (int round = 0; round < 1000; ++round) {
        if (round % 3 == 0) {
          const std::unique_lock lock(mutex);
          pair[0]++;
          if (green && round % 9 == 0) this_thread::Yield();
          pair[1]++;
        } else {
          const std::shared_lock lock(mutex);
          EXPECT_EQ(pair[0], pair[1]);
          if (green && round % 4 == 0) this_thread::Yield();
        }
      }
    };
    std::vector<std::thread> os_threads;
    for (int i = 0; i < 2; ++i) os_threads.emplace_back(work, false);
    std::deque<Thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work, true);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    for (std::thread& thread : os_threads) thread.join();
    EXPECT_EQ(pair[0], 5 * 334);
  });
}

// Returns whether a second reader gets the lock while a writer waits.
bool SecondReaderGetsIn(int kind) {
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  pthread_rwlockattr_setkind_np(&attributes, kind);
  pthread_rwlock_t lock;
  pthread_rwlock_init(&lock, &attributes);
  pthread_rwlockattr_destroy(&attributes);
  EXPECT_EQ(pthread_rwlock_rdlock(&lock), 0);
  bool wrote = false;
  bool read = false;
  Thread writer([&] {
    EXPECT_EQ(pthread_rwlock_wrlock(&lock), 0);
    wrote = true;
    EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
  });
  LetOthersRun();
  Thread reader([&] {
    EXPECT_EQ(pthread_rwlock_rdlock(&lock), 0);
    read = true;
    EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
  });
  LetOthersRun();
  const bool got_in = read;
  EXPECT_FALSE(wrote);
  EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
  EXPECT_TRUE(writer.Join().ok());
  EXPECT_TRUE(reader.Join().ok());
  EXPECT_TRUE(read && wrote);
  EXPECT_EQ(pthread_rwlock_destroy(&lock), 0);
  return got_in;
}

TEST_P(RwlockTest, Kind_TellsWhoGoesAhead) {
  Run([] {
    EXPECT_TRUE(SecondReaderGetsIn(PTHREAD_RWLOCK_PREFER_READER_NP));
    EXPECT_FALSE(
        SecondReaderGetsIn(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP));
  });
}

TEST_P(RwlockTest, Errors_AreLibcs) {
  Run([] {
    const auto check = [] {
      pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
      const timespec bad = {.tv_sec = 0, .tv_nsec = -1};
      const timespec past = {.tv_sec = 1, .tv_nsec = 0};
      EXPECT_EQ(pthread_rwlock_wrlock(&lock), 0);
      EXPECT_EQ(pthread_rwlock_wrlock(&lock), EDEADLK);
      EXPECT_EQ(pthread_rwlock_rdlock(&lock), EDEADLK);
      EXPECT_EQ(pthread_rwlock_trywrlock(&lock), EBUSY);
      std::thread([&] {
        EXPECT_EQ(pthread_rwlock_timedrdlock(&lock, &past), ETIMEDOUT);
      }).join();
      EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
      EXPECT_EQ(pthread_rwlock_rdlock(&lock), 0);
      EXPECT_EQ(pthread_rwlock_timedwrlock(&lock, &past), ETIMEDOUT);
      EXPECT_EQ(pthread_rwlock_timedwrlock(&lock, &bad), EINVAL);
      EXPECT_EQ(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &past),
                ETIMEDOUT);
      EXPECT_EQ(
          pthread_rwlock_clockrdlock(&lock, CLOCK_PROCESS_CPUTIME_ID, &past),
          EINVAL);
      EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
    };
    Thread green(check);
    EXPECT_TRUE(green.Join().ok());
    std::thread(check).join();
  });
}

TEST_P(RwlockTest, WriterGivesUp_ReadersThatItHeldUpGoOn) {
  Run([] {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes,
                                  PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_t lock;
    pthread_rwlock_init(&lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    EXPECT_EQ(pthread_rwlock_rdlock(&lock), 0);
    Thread writer([&] {
      timespec time;
      clock_gettime(CLOCK_MONOTONIC, &time);
      time.tv_nsec += 5'000'000;
      time.tv_sec += time.tv_nsec / 1'000'000'000;
      time.tv_nsec %= 1'000'000'000;
      EXPECT_EQ(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &time),
                ETIMEDOUT);
    });
    this_thread::Yield();
    Thread reader([&] {
      EXPECT_EQ(pthread_rwlock_rdlock(&lock), 0);
      EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
    });
    EXPECT_TRUE(writer.Join().ok());
    EXPECT_TRUE(reader.Join().ok());
    EXPECT_EQ(pthread_rwlock_unlock(&lock), 0);
  });
}

INSTANTIATE_TEST_SUITE_P(, RwlockTest, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
