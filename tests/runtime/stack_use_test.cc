// With RuntimeOptions::measure_stacks, a thread's use of its stack is measured,
// and reported when little was left.
#include <atomic>
#include <cstddef>
#include <cstring>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kKiB = 1024;
// Most that the frames around a thread's own take, including those of a tick.
constexpr size_t kFrames = 14 * kKiB;

template <size_t kBytes>
[[gnu::noinline]] void Use() {
  char room[kBytes];
  memset(room, 1, sizeof room);
  asm volatile("" : : "r"(room) : "memory");
}

class StackUseTest : public EveryRunModeTest {
 protected:
  StackUseTest() {
    repetitions_ = 1;
    options_.measure_stacks = true;
  }
};

TEST_P(StackUseTest, EachThread_IsMeasuredForItself) {
  Run([] {
    // One after the other on the same stack.
    for (int i = 0; i < 3; ++i) {
      for (const bool much : {true, false}) {
        Thread thread({.stack_size = 256 * kKiB},
                      much ? &Use<100 * kKiB> : &Use<20 * kKiB>);
        while (!thread.Stats().finished) this_thread::Yield();
        const ThreadStats stats = thread.Stats();
        const size_t wanted = (much ? 100 : 20) * kKiB;
        EXPECT_GE(stats.stack_used, wanted);
        EXPECT_LE(stats.stack_used, wanted + kFrames);
        // The rest of the thread block's pages belongs to the stack, too.
        EXPECT_GE(stats.stack_size, 256 * kKiB);
        EXPECT_LE(stats.stack_size, (256 + 64) * kKiB);
        EXPECT_TRUE(thread.Join().ok());
      }
    }
  });
}

TEST_P(StackUseTest, LiveThread_IsMeasuredAsFarAsItCame) {
  Run([] {
    Event event;
    Thread thread({.stack_size = 256 * kKiB}, [&] {
      Use<64 * kKiB>();
      event.Wait();
    });
    for (int i = 0; i < 10; ++i) this_thread::Yield();
    EXPECT_GE(thread.Stats().stack_used, 64 * kKiB);
    EXPECT_LE(thread.Stats().stack_used, 64 * kKiB + kFrames);
    event.Set();
  });
}

TEST_P(StackUseTest, NearlyFullStack_IsToldAtTheEndOfTheRun) {
  CapturedStderr captured;
  Run([] {
    Thread wasteful({.name = "wasteful", .stack_size = 256 * kKiB},
                    [] { Use<236 * kKiB>(); });
    Thread modest({.name = "modest", .stack_size = 64 * kKiB}, [] {});
  });
  EXPECT_THAT(captured.Text(),
              ContainsRegex("thread 'wasteful' \\(#[0-9]+\\) used 9[0-9] % of "
                            "its 2[45][0-9] KiB of stack"));
  EXPECT_EQ(stats().fullest_stack.thread, "wasteful");
  EXPECT_GE(stats().fullest_stack.used, 236 * kKiB);
}

TEST_P(StackUseTest, OnlyHalfUsed_IsNotTold) {
  CapturedStderr captured;
  Run([] {
    Thread thread({.name = "half", .stack_size = 256 * kKiB},
                  [] { Use<128 * kKiB>(); });
  });
  EXPECT_THAT(captured.Text(), Not(HasSubstr("of stack")));
  EXPECT_EQ(stats().fullest_stack.thread, "half");
}

TEST_P(StackUseTest, WhileTheRunGoesOn_TheFullestSoFarIsKnown) {
  Run([] {
    EXPECT_EQ(CurrentStats().fullest_stack.size, 0u);
    const auto ends = [](const char* name, void (*fn)()) {
      EXPECT_TRUE(
          Thread({.name = name, .stack_size = 256 * kKiB}, fn).Join().ok());
      return CurrentStats().fullest_stack;
    };
    EXPECT_EQ(ends("half", &Use<128 * kKiB>).thread, "half");
    EXPECT_EQ(ends("less", &Use<64 * kKiB>).thread, "half");
    const RuntimeStats::FullestStack most = ends("more", &Use<192 * kKiB>);
    EXPECT_EQ(most.thread, "more");
    EXPECT_EQ(most.id, 4u);
    EXPECT_GE(most.used, 192 * kKiB);
    EXPECT_LE(most.used, most.size);
    EXPECT_GE(most.size, 240 * kKiB);
  });
}

// Threads of different names, stacks and uses end while other threads ask.
TEST_P(StackUseTest, AskedFromOutside_TheFullestIsAlwaysOneThread) {
  std::atomic<bool> over = false;
  std::thread reader([&] {
    while (!over) {
      const RuntimeStats::FullestStack fullest = CurrentStats().fullest_stack;
      if (fullest.size == 0) continue;
      EXPECT_TRUE(fullest.thread == "main" ||
                  fullest.thread == std::to_string(fullest.id))
          << fullest.thread << " " << fullest.id;
      EXPECT_LE(fullest.used, fullest.size);
    }
  });
  Run([] {
    for (int i = 2; i < 60; ++i) {
      EXPECT_TRUE(Thread({.name = std::to_string(i), .stack_size = 256 * kKiB},
                         [i] {
                           // Each uses more than the one before.
                           auto* room = static_cast<char*>(
                               __builtin_alloca(static_cast<size_t>(i) * 4096));
                           memset(room, 1, 64);
                           asm volatile("" : : "r"(room) : "memory");
                         })
                      .Join()
                      .ok());
    }
  });
  over = true;
  reader.join();
}

TEST_P(StackUseTest, NotAskedFor_IsNotMeasured) {
  options_.measure_stacks = false;
  CapturedStderr captured;
  Run([] {
    Thread thread({.stack_size = 256 * kKiB}, [] { Use<232 * kKiB>(); });
    while (!thread.Stats().finished) this_thread::Yield();
    EXPECT_EQ(thread.Stats().stack_used, 0u);
  });
  EXPECT_EQ(captured.Text(), "");
  EXPECT_EQ(stats().fullest_stack.size, 0u);
}

INSTANTIATE_TEST_SUITE_P(RunModes, StackUseTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
