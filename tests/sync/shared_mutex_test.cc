// SharedMutex: readers together, writers alone, in the order of arrival.
#include "runtime/sync/shared_mutex.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class SharedMutexTest : public SyncTest {};

TEST_P(SharedMutexTest, WritersAlone_ReadersTogether) {
  Run([] {
    SharedMutex mutex;
    int value = 0;
    int readers = 0;
    int most_readers = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 100; ++round) {
          if (i % 4 == 0) {
            const std::unique_lock lock(mutex);
            EXPECT_EQ(readers, 0);
            const int before = value;
            Compute(50);
            if (round % 16 == 0) this_thread::Yield();
            value = before + 1;
          } else {
            const std::shared_lock lock(mutex);
            const int before = value;
            {
              const NoPreempt guard;
              most_readers = std::max(most_readers, ++readers);
            }
            this_thread::SleepFor(absl::Microseconds(1));
            EXPECT_EQ(value, before);
            const NoPreempt guard;
            readers--;
          }
        }
      });
    }
    JoinAll(threads);
    EXPECT_EQ(value, kCrowd / 4 * 100);
    EXPECT_GT(most_readers, 1);
  });
}

// Returns the order in which threads that queue behind a writer get the mutex.
std::string OrderOf(const std::string& modes) {
  SharedMutex mutex;
  std::string order;
  mutex.lock();
  std::vector<Thread> threads;
  for (size_t i = 0; i < modes.size(); ++i) {
    threads.emplace_back([&, i] {
      if (modes[i] == 'w') {
        mutex.lock();
        order += modes[i];
        mutex.unlock();
      } else {
        mutex.lock_shared();
        {
          const NoPreempt guard;
          order += modes[i];
        }
        mutex.unlock_shared();
      }
    });
    AwaitBlocked(threads.back());
  }
  mutex.unlock();
  JoinAll(threads);
  return order;
}

TEST_P(SharedMutexTest, Queue_IsServedInOrder) {
  Run([] {
    EXPECT_EQ(OrderOf("wwww"), "wwww");
    EXPECT_EQ(OrderOf("rrww"), "rrww");
    EXPECT_EQ(OrderOf("rwrr"), "rwrr");
  });
}

TEST_P(SharedMutexTest, ReaderBehindAWaitingWriter_Waits) {
  Run([] {
    SharedMutex mutex;
    mutex.lock_shared();
    Thread writer([&] {
      mutex.lock();
      mutex.unlock();
    });
    AwaitBlocked(writer);
    EXPECT_FALSE(mutex.try_lock_shared());
    EXPECT_FALSE(mutex.try_lock_shared_for(absl::Microseconds(200)));
    mutex.unlock_shared();
    EXPECT_TRUE(writer.Join().ok());
    EXPECT_TRUE(mutex.try_lock_shared());
    mutex.unlock_shared();
  });
}

TEST_P(SharedMutexTest, WriterGivesUp_ReadersBehindItGetIn) {
  Run([] {
    SharedMutex mutex;
    mutex.lock_shared();
    bool reader_in = false;
    Thread writer(
        [&] { EXPECT_FALSE(mutex.try_lock_for(absl::Milliseconds(2))); });
    AwaitBlocked(writer);
    Thread reader([&] {
      mutex.lock_shared();
      reader_in = true;
      mutex.unlock_shared();
    });
    EXPECT_TRUE(writer.Join().ok());
    EXPECT_TRUE(reader.Join().ok());
    EXPECT_TRUE(reader_in);
    mutex.unlock_shared();
  });
}

TEST_P(SharedMutexTest, OsThreadsAmongThem_ExcludeEachOther) {
  Run([] {
    SharedMutex mutex;
    int value = 0;
    const auto work = [&] {
      for (int round = 0; round < 500; ++round) {
        const std::unique_lock lock(mutex);
        const int before = value;
        Compute(50);
        value = before + 1;
      }
    };
    std::thread os(work);
    Thread green(work);
    for (int round = 0; round < 500; ++round) {
      const std::shared_lock lock(mutex);
      const int before = value;
      Compute(50);
      EXPECT_EQ(value, before);
    }
    EXPECT_TRUE(green.Join().ok());
    os.join();
    EXPECT_EQ(value, 1'000);
  });
}

TEST_P(SharedMutexTest, HolderLocksAgain_Throws) {
  Run([] {
    SharedMutex mutex;
    mutex.lock();
    EXPECT_THROW(mutex.lock(), std::system_error);
    EXPECT_THROW(mutex.lock_shared(), std::system_error);
    mutex.unlock();
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, SharedMutexTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
