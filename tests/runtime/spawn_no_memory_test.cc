// A process without address space for another stack: the spawn that needs the
// stack fails and changes nothing.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

constexpr size_t kStack = size_t{32} << 20;
// Stacks are reserved in slabs of 16: room for one slab.
constexpr size_t kRoom = 24 * kStack;

// While in scope, limits what the process may map to this much more than it
// has.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(size_t more) {
    if (getrlimit(RLIMIT_AS, &before_) != 0) return;
    std::ifstream statm("/proc/self/statm");
    size_t pages = 0;
    if (!(statm >> pages)) return;
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + more;
    set_ = setrlimit(RLIMIT_AS, &limit) == 0;
  }
  ~AddressSpaceLimit() {
    if (set_) setrlimit(RLIMIT_AS, &before_);
  }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

  bool set() const { return set_; }

 private:
  rlimit before_;
  bool set_ = false;
};

class SpawnNoMemoryTest : public EveryRunModeTest {};

TEST_P(SpawnNoMemoryTest, NoRoomForAStack_FailsAndTheRunGoesOn) {
  options_.stack_size = kStack;
  repetitions_ = 1;
  // A limit set by others can only be lowered.
  if (!AddressSpaceLimit(2 * kRoom).set()) {
    GTEST_SKIP() << "the process has a narrower limit already";
  }
  Run([] {
    const AddressSpaceLimit limit(kRoom);
    ASSERT_TRUE(limit.set());
    Event go;
    std::atomic<int> ran = 0;
    std::vector<Thread> threads;
    absl::Status failure;
    auto counted = std::make_unique<int>(1);
    while (failure.ok()) {
      ASSERT_LT(threads.size(), 1000u);
      auto fn = [&go, &ran, mine = std::move(counted)] {
        go.Wait();
        ran += *mine;
      };
      absl::StatusOr<Thread> thread = Thread::Spawn({}, std::move(fn));
      if (thread.ok()) {
        threads.push_back(*std::move(thread));
        counted = std::make_unique<int>(1);
        continue;
      }
      failure = thread.status();
      // The callable still belongs to the caller.
      go.Set();
      fn();
    }
    EXPECT_TRUE(absl::IsResourceExhausted(failure)) << failure;
    EXPECT_THAT(std::string(failure.message()),
                testing::MatchesRegex("no memory for another stack of 32768 "
                                      "KiB and its thread block of [0-9]+ KiB "
                                      ".*: Cannot allocate memory.*"));
    const int spawned = static_cast<int>(threads.size());
    EXPECT_GT(spawned, 0);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(ran, spawned + 1);
    // The ended threads left their stacks.
    for (Thread& thread : threads) thread = Thread([&ran] { ++ran; });
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(ran, 2 * spawned + 1);
  });
}

// Takes all memory that malloc can give.
class Exhausted {
 public:
  Exhausted() {
    for (size_t size = size_t{1} << 20; size >= sizeof(Chunk); size /= 2) {
      while (void* memory = malloc(size)) chunks_ = new (memory) Chunk{chunks_};
    }
  }
  ~Exhausted() {
    while (chunks_ != nullptr) free(std::exchange(chunks_, chunks_->next));
  }
  Exhausted(const Exhausted&) = delete;
  Exhausted& operator=(const Exhausted&) = delete;

 private:
  struct Chunk {
    Chunk* next;
  };
  Chunk* chunks_ = nullptr;
};

// Spawns until a spawn fails, or there is no more room; returns the last
// result.
template <typename F>
absl::StatusCode SpawnWithoutMemory(const ThreadOptions& options, F fn) {
  static Thread threads[1000];
  absl::StatusCode code = absl::StatusCode::kOk;
  {
    const AddressSpaceLimit limit(0);
    const Exhausted exhausted;
    for (Thread& thread : threads) {
      absl::StatusOr<Thread> spawned = Thread::Spawn(options, fn);
      code = spawned.status().code();
      if (!spawned.ok()) break;
      thread = *std::move(spawned);
    }
  }
  for (Thread& thread : threads) thread = Thread();
  return code;
}

TEST_P(SpawnNoMemoryTest, NoMemoryAtAll_IsAStatusWithoutAnException) {
  if (signals::kAddressSanitizer || signals::kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer ends a process that has no memory";
  }
  repetitions_ = 1;
  if (!AddressSpaceLimit(2 * kRoom).set()) {
    GTEST_SKIP() << "the process has a narrower limit already";
  }
  Run([] {
    const auto wants_stop = [](const std::stop_token&) {};
    const auto large = [bytes = std::array<char, 200>()] { (void)bytes; };
    const ThreadOptions named = {.name = "named"};
    const ThreadOptions special = {.nice = 1, .child_runs_first = true};
    constexpr auto kExpected = absl::StatusCode::kResourceExhausted;
    EXPECT_EQ(SpawnWithoutMemory({}, [] {}), kExpected);
    EXPECT_EQ(SpawnWithoutMemory({}, wants_stop), kExpected);
    EXPECT_EQ(SpawnWithoutMemory({}, large), kExpected);
    EXPECT_EQ(SpawnWithoutMemory(named, [] {}), kExpected);
    EXPECT_EQ(SpawnWithoutMemory(special, wants_stop), kExpected);
    bool ran = false;
    Thread([&ran] { ran = true; });
    EXPECT_TRUE(ran);
  });
}

INSTANTIATE_TEST_SUITE_P(Policies, SpawnNoMemoryTest,
                         ::testing::Values(RunMode{"rr"}, RunMode{"rr", true},
                                           RunMode{"fifo"}, RunMode{"random"},
                                           RunMode{"cfs"}),
                         RunModeName);

}  // namespace
}  // namespace jiffy
