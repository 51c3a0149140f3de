// A dump names the holder of a mutex of libc's, as it does for jiffy::Mutex.
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/dump_testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr char kWaits[] = "waits for a mutex of the C library at 0x[0-9a-f]+";

class HolderTest : public InterposeTest {
 protected:
  HolderTest() { repetitions_ = 1; }
};

// A thread that waits for a mutex until the end of the scope.
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

// More threads than the dump keeps places for.
TEST(HolderOfManyTest, AmongManyThreads_EachHolderIsFound) {
  constexpr int kOthers = 17'000;
  constexpr int kPairs = 20;
  absl::StatusOr<Runtime> runtime = Runtime::Create({});
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  if (!runtime->features().own_tls) {
    // Libc takes threads that share a block for one: its mutexes tell no
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
