// A thread that was only spawned has no stack yet; it gets one at its first
// turn. Otherwise it is a thread like any other.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// Under the policies that only take turns, and under one other.
class UnstartedTest : public EveryRunModeTest {};

uintptr_t StackPage() {
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) >> 12;
}

constexpr int kThreads = 300;

TEST_P(UnstartedTest, ManyThatDoNotWait_ShareTwoStacks) {
  if (GetParam().scheduler != "rr" && GetParam().scheduler != "fifo") {
    GTEST_SKIP() << "threads have stacks from the start under this policy";
  }
  if (signals::kThreadSanitizer) {
    GTEST_SKIP() << "threads have stacks from the start with ThreadSanitizer";
  }
  options_.preempt = false;
  Run([] {
    std::set<uintptr_t> stacks;
    std::vector<Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] { stacks.insert(StackPage()); });
    }
    EXPECT_TRUE(stacks.empty());
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    // A thread that ends still uses its stack until the next one runs.
    EXPECT_EQ(stacks.size(), 2u);
  });
}

TEST_P(UnstartedTest, ManyThatWait_HaveAStackEach) {
  Run([] {
    std::set<uintptr_t> stacks;
    std::vector<Thread> threads;
    Mutex mutex;
    Event all_here;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        volatile char room[2048] = {};
        room[2047] = room[0];
        {
          const std::lock_guard lock(mutex);
          stacks.insert(StackPage());
          if (stacks.size() == kThreads) all_here.Set();
        }
        all_here.Wait();
        EXPECT_EQ(room[0], room[2047]);
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(stacks.size(), size_t{kThreads});
  });
}

// Threads that have their own slots from the beginning take none that is
// reserved for others.
TEST_P(UnstartedTest, BesideThreadsOfOtherKinds_EachHasItsStack) {
  Run([] {
    std::atomic<int> here = 0;
    Event all_here;
    const auto wait = [&] {
      if (++here == 2 * kThreads) all_here.Set();
      all_here.Wait();
    };
    std::vector<Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back(wait);
      threads.emplace_back(
          ThreadOptions{.nice = 1, .child_runs_first = i % 2 == 0}, wait);
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(here, 2 * kThreads);
  });
}

TEST_P(UnstartedTest, FirstChosenInTheHandler_Runs) {
  if (GetParam().scheduler == "fifo") {
    GTEST_SKIP() << "this policy does not preempt";
  }
  Run([] {
    std::atomic<int> ran = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < 20; ++i) {
      threads.emplace_back([&ran] { ++ran; });
    }
    // Without a call that lets other threads run.
    while (ran != 20) Compute(100);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(UnstartedTest, NotStarted_HandleTellsWhatItIs) {
  Run([] {
    std::stop_token token;
    Thread thread;
    ThreadStats stats;
    {
      const NoPreempt guard;
      thread = Thread({.name = "young"},
                      [&](std::stop_token mine) { token = std::move(mine); });
      stats = thread.Stats();
      EXPECT_TRUE(thread.RequestStop());
    }
    EXPECT_EQ(stats.name, "young");
    EXPECT_EQ(stats.id, thread.Id());
    EXPECT_FALSE(stats.finished);
    EXPECT_EQ(stats.ticks, 0u);
    EXPECT_EQ(stats.voluntary_switches, 0u);
    EXPECT_EQ(stats.preemptions, 0u);
    EXPECT_EQ(stats.cpu_time, absl::ZeroDuration());
    EXPECT_EQ(stats.stack_used, 0u);
    while (!thread.Stats().finished) this_thread::Yield();
    EXPECT_EQ(thread.Stats().voluntary_switches, 1u);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(token.stop_requested());
  });
}

TEST_P(UnstartedTest, DetachedBeforeItStarts_Runs) {
  Run([] {
    std::atomic<int> ran = 0;
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_TRUE(Thread([&ran] { ++ran; }).Detach().ok());
    }
    while (ran != kThreads) this_thread::Yield();
  });
}

// Callables of all sizes and alignments: small ones are stored with data that
// outlives the thread, larger ones on its stack.
template <size_t kSize, size_t kAlignment>
void RunsWith() {
  static int wrong;
  wrong = 1;
  struct alignas(kAlignment) Callable {
    void operator()() const {
      for (const unsigned char byte : bytes) wrong += byte != kSize % 256;
      wrong += reinterpret_cast<uintptr_t>(this) % kAlignment != 0;
      wrong -= 1;
    }
    unsigned char bytes[kSize];
  };
  Callable callable;
  for (unsigned char& byte : callable.bytes) byte = kSize % 256;
  Thread thread(callable);
  EXPECT_TRUE(thread.Join().ok());
  EXPECT_EQ(wrong, 0) << kSize << " bytes, alignment " << kAlignment;
}

TEST_P(UnstartedTest, CallablesOfAnySize_Arrive) {
  Run([] {
    RunsWith<1, 1>();
    RunsWith<32, 8>();
    RunsWith<40, 8>();
    RunsWith<41, 1>();
    RunsWith<16, 16>();
    RunsWith<32, 32>();
    RunsWith<64, 64>();
    RunsWith<1000, 8>();
  });
}

// Other objects may refer to a callable's contents for ever.
TEST_P(UnstartedTest, GivenUpInADeadlock_CallableStays) {
  spare_slots_ = 10;
  Mutex mutex;
  std::vector<const int*> seen;
  seen.reserve(3);
  Thread outlives_the_run;
  const absl::Status status = RunOnce([&] {
    Mutex never_unlocked;
    never_unlocked.lock();
    const auto wait = [&seen, &never_unlocked, value = 42] {
      {
        const NoPreempt guard;
        seen.push_back(&value);
      }
      never_unlocked.lock();
    };
    ASSERT_TRUE(Thread(wait).Detach().ok());
    outlives_the_run = Thread(wait);
    EXPECT_TRUE(Thread(wait).Join().ok());
  });
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::IsAborted(outlives_the_run.Join()));
  ASSERT_EQ(seen.size(), 3u);
  // New objects overwrite freed ones.
  EXPECT_TRUE(RunOnce([] {
                for (int i = 0; i < 10; ++i) Thread([i] { (void)i; });
              }).ok());
  for (const int* value : seen) EXPECT_EQ(*value, 42);
}

INSTANTIATE_TEST_SUITE_P(Policies, UnstartedTest,
                         ::testing::Values(RunMode{"rr"}, RunMode{"rr", true},
                                           RunMode{"fifo"}, RunMode{"random"}),
                         RunModeName);

}  // namespace
}  // namespace jiffy
