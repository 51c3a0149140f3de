// A dump names the holder of a libc mutex, as it does for a jiffy::Mutex.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/libc/thread_id.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/dump_testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWaits[] = "waits for a mutex of the C library at 0x[0-9a-f]+";

class HolderTest : public InterposeTest {
 protected:
  HolderTest() { repetitions_ = 1; }
};

// A thread that waits for a mutex until the scope ends.
class Waiter {
 public:
  Waiter(const std::string& name, std::mutex& mutex)
      : thread_({.name = name}, [&] {
          mutex.lock();
          mutex.unlock();
        }) {}

 private:
  Thread thread_;
};

TEST_P(HolderTest, EachOfAChain_IsToldWithItsHolder) {
  Run([] {
    std::mutex first;
    std::mutex second;
    first.lock();
    Thread middle({.name = "middle"}, [&] {
      const std::lock_guard mine(second);
      const std::lock_guard other(first);
    });
    LetOthersRun();
    const Waiter last("last", second);
    LetOthersRun();
    const std::string text = DumpText();
    EXPECT_THAT(Part(text, "middle"),
                ContainsRegex(kWaits + std::string(", held by 'main' \\(#1\\), "
                                                   "since ")));
    EXPECT_THAT(
        Part(text, "last"),
        ContainsRegex(kWaits + std::string(", held by 'middle' \\(#2\\), ")));
    first.unlock();
  });
}

TEST_P(HolderTest, OsThread_IsToldAsOne) {
  Run([] {
    std::mutex mutex;
    std::atomic<int> step = 0;
    std::thread outside([&] {
      const std::lock_guard lock(mutex);
      step = 1;
      while (step == 1) std::this_thread::yield();
    });
    while (step == 0) LetOthersRun();
    const Waiter waiter("waiter", mutex);
    LetOthersRun();
    EXPECT_THAT(
        Part(DumpText(), "waiter"),
        ContainsRegex(kWaits + std::string(", held by an OS thread, ")));
    step = 2;
    outside.join();
  });
}

TEST_P(HolderTest, HolderThatEnded_IsToldSo_AndNotAsTheNextInItsPlace) {
  Run([] {
    std::mutex mutex;
    Thread before({.name = "before"}, [&] { mutex.lock(); });
    ASSERT_TRUE(before.Join().ok());
    const Waiter waiter("waiter", mutex);
    std::vector<Thread> others;
    Event over;
    // One of these, or the waiter, takes the ended thread's place.
    for (int i = 0; i < 5; ++i) others.emplace_back([&] { over.Wait(); });
    LetOthersRun();
    EXPECT_THAT(
        Part(DumpText(), "waiter"),
        ContainsRegex(kWaits +
                      std::string(", held by a thread that has ended, since")));
    over.Set();
    mutex.unlock();  // libc does not check who unlocks.
  });
}

TEST_P(HolderTest, OsThreadThatEnded_IsToldSo) {
  Run([] {
    std::mutex mutex;
    pid_t outside = 0;
    std::thread([&] {
      outside = gettid();
      mutex.lock();
    }).join();
    // The thread is joined a little before the kernel removes it.
    while (tgkill(getpid(), outside, 0) == 0) this_thread::Yield();
    const Waiter waiter("waiter", mutex);
    LetOthersRun();
    EXPECT_THAT(
        Part(DumpText(), "waiter"),
        ContainsRegex(kWaits +
                      std::string(", held by a thread that has ended, since")));
    mutex.unlock();
  });
}

TEST_P(HolderTest,
       RecursiveMutexOfAThreadThatEnded_IsNotTheNextOnesInItsPlace) {
  Run([] {
    std::recursive_mutex mutex;
    Thread before([&] { mutex.lock(); });
    ASSERT_TRUE(before.Join().ok());
    Thread after([&] { EXPECT_FALSE(mutex.try_lock()); });
    ASSERT_TRUE(after.Join().ok());
  });
}

TEST_P(HolderTest, IdsRunOut_NobodyIsTold) {
  const int before =
      std::exchange(internal::next_libc_id, internal::kFirstBlockLibcId);
  Run([] {
    std::mutex mutex;
    mutex.lock();
    const Waiter waiter("waiter", mutex);
    LetOthersRun();
    EXPECT_THAT(Part(DumpText(), "waiter"), Not(HasSubstr("held by")));
    mutex.unlock();
  });
  internal::next_libc_id = before;
}

TEST_P(HolderTest, Writer_IsToldToReadersAndWriters) {
  Run([] {
    std::shared_mutex mutex;
    mutex.lock();
    Thread reader({.name = "reader"},
                  [&] { const std::shared_lock lock(mutex); });
    Thread writer({.name = "writer"},
                  [&] { const std::lock_guard lock(mutex); });
    LetOthersRun();
    const std::string text = DumpText();
    for (const char* name : {"reader", "writer"}) {
      EXPECT_THAT(
          Part(text, name),
          ContainsRegex("waits for a reader-writer lock of the C library at "
                        "0x[0-9a-f]+, held by 'main' \\(#1\\), since "));
    }
    mutex.unlock();
  });
}

// libc does not record readers.
TEST_P(HolderTest, Readers_AreNotTold) {
  Run([] {
    std::shared_mutex mutex;
    mutex.lock_shared();
    Thread writer({.name = "writer"},
                  [&] { const std::lock_guard lock(mutex); });
    LetOthersRun();
    EXPECT_THAT(Part(DumpText(), "writer"),
                AllOf(HasSubstr("a reader-writer lock of the C library"),
                      Not(HasSubstr("held by"))));
    mutex.unlock_shared();
  });
}

// More threads than the dump has places for.
TEST(HolderOfManyTest, AmongManyThreads_EachHolderIsFound) {
  constexpr int kOthers = 17'000;
  constexpr int kPairs = 20;
  // Cooperative: a tick between a holder and its mutex would let the waiter
  // have it first.
  RuntimeOptions options;
  options.preempt = false;
  absl::StatusOr<Runtime> runtime = Runtime::Create(options);
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  if (!runtime->features().own_tls) {
    // libc takes threads that share a block for one thread: its mutexes name no
    // holder.
    GTEST_SKIP() << runtime->features().shared_tls_reason;
  }
  const absl::Status status = runtime->Run([&] {
    Event over;
    std::vector<std::mutex> mutexes(kPairs);
    std::vector<Thread> threads;
    threads.reserve(kOthers + 2 * kPairs);
    for (int i = 0; i < kOthers; ++i) {
      threads.emplace_back([&] { over.Wait(); });
    }
    for (int i = 0; i < kPairs; ++i) {
      threads.emplace_back(ThreadOptions{.name = "holder-" + std::to_string(i)},
                           [&, i] {
                             const std::lock_guard lock(mutexes[i]);
                             over.Wait();
                           });
      threads.emplace_back(ThreadOptions{.name = "waiter-" + std::to_string(i)},
                           [&, i] { const std::lock_guard lock(mutexes[i]); });
    }
    for (int i = 0; i < 3; ++i) this_thread::Yield();
    const std::string text = DumpText();
    for (int i = 0; i < kPairs; ++i) {
      const std::string number = std::to_string(i);
      EXPECT_THAT(Part(text, "waiter-" + number),
                  HasSubstr(", held by 'holder-" + number + "' (#"));
    }
    over.Set();
  });
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(, HolderTest, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
