// Preemption off and libc's locks: a thread under NoPreempt that wants a lock
// held by a preempted thread must not wait for ever.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class LibcLockTest : public RunTest,
                     public ::testing::WithParamInterface<int64_t> {
 protected:
  LibcLockTest() { repetitions_ = 1; }
  void SetUp() override {
    RunTest::SetUp();
    testing::ForceTickNs(ShortTickNs(GetParam()));
  }
  void TearDown() override {
    testing::ForceTickNs(0);
    RunTest::TearDown();
  }
};

// Sizes that are too large for malloc's thread caches, so that each call takes
// the arena's lock.
constexpr size_t kLarge = 5000;
constexpr size_t kBlocks = 16;

void HogMalloc(const std::atomic<bool>& stop) {
  void* blocks[kBlocks] = {};
  for (size_t i = 0; !stop; ++i) {
    void*& block = blocks[i % kBlocks];
    free(block);
    block = malloc(kLarge + 100 * (i % 50));
  }
  for (void* block : blocks) free(block);
}

TEST_P(LibcLockTest, MallocUnderNoPreempt_NeverDeadlocks) {
  constexpr uint64_t kTicks = Rounds(5000);
  uint64_t guarded_calls = 0;
  Run([&] {
    std::atomic<bool> stop = false;
    std::vector<Thread> hogs;
    hogs.reserve(3);
    for (int i = 0; i < 3; ++i) hogs.emplace_back([&] { HogMalloc(stop); });
    const uint64_t end = TicksDelivered() + kTicks;
    do {
      NoPreempt guard;
      void* block = malloc(kLarge + 64);
      free(block);
      guarded_calls++;
    } while (TicksDelivered() < end);
    stop = true;
  });
  EXPECT_GT(guarded_calls, 0u);
  EXPECT_GT(stats().preemptions, 0u);
}

TEST_P(LibcLockTest, PrintfUnderNoPreempt_NeverDeadlocks) {
  constexpr uint64_t kTicks = Rounds(3000);
  FILE* const file = tmpfile();
  ASSERT_NE(file, nullptr);
  setvbuf(file, nullptr, _IOFBF, 1 << 16);
  Run([&] {
    std::atomic<bool> stop = false;
    std::vector<Thread> hogs;
    hogs.reserve(3);
    for (int i = 0; i < 3; ++i) {
      hogs.emplace_back([&] {
        while (!stop) {
          fprintf(file, "%d %s\n", 12345, "some text");
          rewind(file);
        }
      });
    }
    const uint64_t end = TicksDelivered() + kTicks;
    while (TicksDelivered() < end) {
      NoPreempt guard;
      fprintf(file, "%d\n", 1);
    }
    stop = true;
  });
  fclose(file);
}

// A thread that may never be preempted is under a guard from its start.
TEST_P(LibcLockTest, MallocInThreadThatIsNotPreemptible_NeverDeadlocks) {
  constexpr uint64_t kTicks = Rounds(3000);
  Run([&] {
    std::atomic<bool> stop = false;
    std::vector<Thread> hogs;
    hogs.reserve(3);
    for (int i = 0; i < 3; ++i) hogs.emplace_back([&] { HogMalloc(stop); });
    Thread guarded({.preemptible = false}, [&] {
      const uint64_t end = TicksDelivered() + kTicks;
      while (TicksDelivered() < end) {
        for (int i = 0; i < 20; ++i) free(malloc(kLarge + 64));
        this_thread::Yield();
      }
    });
    EXPECT_TRUE(guarded.Join().ok());
    stop = true;
  });
}

INSTANTIATE_TEST_SUITE_P(Ticks, LibcLockTest, ::testing::Values(50'000, 10'000),
                         [](const ::testing::TestParamInfo<int64_t>& info) {
                           return std::to_string(info.param / 1000) + "us";
                         });

}  // namespace
}  // namespace jiffy
