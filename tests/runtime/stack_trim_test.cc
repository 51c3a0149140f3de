// Unused stack memory returns to the kernel during the run, whether the worker
// is idle or always busy.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// The pages that a thread touched.
struct Touched {
  char* low = nullptr;
  size_t size = 0;
};

size_t PageSize() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// Touches `size` bytes of the stack.
[[gnu::noinline]] Touched Touch(size_t size) {
  auto* low = static_cast<char*>(__builtin_alloca(size));
  for (size_t i = 0; i < size; i += 1024) {
    static_cast<volatile char*>(low)[i] = 1;
  }
  const size_t page = PageSize();
  const uintptr_t first =
      (reinterpret_cast<uintptr_t>(low) + page - 1) & ~(page - 1);
  return {reinterpret_cast<char*>(first), size - 2 * page};
}

// Whether any of the pages takes memory.
bool AnyResident(const std::vector<Touched>& all) {
  for (const Touched& touched : all) {
    std::vector<unsigned char> pages(touched.size / PageSize() + 1);
    if (mincore(touched.low, touched.size, pages.data()) != 0) return true;
    for (const unsigned char page : pages) {
      if ((page & 1) != 0) return true;
    }
  }
  return false;
}

// Runs `threads` threads at once, each with `size` bytes of its stack in use.
std::vector<Touched> Spike(int threads, size_t size) {
  std::vector<Touched> all(static_cast<size_t>(threads));
  Event go;
  std::vector<Thread> waiting;
  for (Touched& touched : all) {
    waiting.emplace_back([&touched, &go, size] {
      touched = Touch(size);
      go.Wait();
    });
  }
  while (all.back().low == nullptr) this_thread::Yield();
  EXPECT_TRUE(AnyResident(all));
  go.Set();
  for (Thread& thread : waiting) EXPECT_TRUE(thread.Join().ok());
  return all;
}

class StackTrimTest : public EveryRunModeTest {
 protected:
  StackTrimTest() {
    repetitions_ = 1;
    options_.trim_stacks_after = absl::Milliseconds(5);
  }
};

constexpr int kThreads = 60;
constexpr size_t kDeep = size_t{100} << 10;

TEST_P(StackTrimTest, IdleRun_GivesTheMemoryBack) {
  Run([] {
    const std::vector<Touched> all = Spike(kThreads, kDeep);
    while (AnyResident(all)) this_thread::SleepFor(absl::Milliseconds(1));
    // Trimmed stacks work as before.
    const uint64_t carved = testing::CarvedSlots();
    Spike(kThreads, kDeep);
    EXPECT_EQ(testing::CarvedSlots(), carved);
  });
}

// Nothing else wakes the worker.
TEST_P(StackTrimTest, RunThatSleepsForLong_GivesTheMemoryBack) {
  Run([] {
    const std::vector<Touched> all = Spike(kThreads, kDeep);
    Event gone;
    std::thread observer([&] {
      while (AnyResident(all)) usleep(1000);
      gone.Set();
    });
    EXPECT_EQ(gone.Wait({.timeout = absl::Hours(1)}), WaitResult::kReady);
    observer.join();
  });
}

// Also under fifo, whose threads keep the CPU.
TEST_P(StackTrimTest, BusyRun_GivesTheMemoryBack) {
  Run([] {
    const std::vector<Touched> all = Spike(kThreads, kDeep);
    while (AnyResident(all)) {
    }
  });
}

std::atomic<int> handled = 0;

// A tick lends the CPU to the idle context, which takes no signal that the
// threads block.
TEST_P(StackTrimTest, SignalThatTheBusyThreadBlocks_StaysPending) {
  struct sigaction action = {};
  struct sigaction before;
  action.sa_handler = [](int) { handled++; };
  sigaction(SIGUSR1, &action, &before);
  handled = 0;
  Run([] {
    const std::vector<Touched> all = Spike(kThreads, kDeep);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    kill(getpid(), SIGUSR1);
    while (AnyResident(all)) {
    }
    EXPECT_EQ(handled, 0);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    EXPECT_EQ(handled, 1);
  });
  sigaction(SIGUSR1, &before, nullptr);
}

// Threads come and go, on few of the stacks.
TEST_P(StackTrimTest, RunThatSpawns_GivesTheRestsMemoryBack) {
  Run([] {
    std::vector<Touched> all = Spike(kThreads, kDeep);
    // The last freed stack is taken first.
    const auto is_used = [&](const Touched& touched) {
      Touched now;
      Thread([&] { now = Touch(kDeep); });
      return touched.low <= now.low && now.low < touched.low + touched.size;
    };
    const auto used = std::count_if(all.begin(), all.end(), is_used);
    EXPECT_LE(used, 2);
    std::vector<Touched> rest;
    for (const Touched& touched : all) {
      if (!is_used(touched)) rest.push_back(touched);
    }
    while (AnyResident(rest)) Thread([] {});
  });
}

// The stack is trimmed in pieces.
TEST_P(StackTrimTest, LargeStack_IsTrimmedWhole) {
  options_.stack_size = size_t{8} << 20;
  Run([] {
    const std::vector<Touched> all = Spike(2, size_t{5} << 20);
    while (AnyResident(all)) this_thread::SleepFor(absl::Milliseconds(1));
  });
}

TEST_P(StackTrimTest, Infinite_KeepsTheMemoryUntilTheEnd) {
  options_.trim_stacks_after = absl::InfiniteDuration();
  std::vector<Touched> all;
  Run([&] {
    all = Spike(kThreads, kDeep);
    // The worker checks each time.
    for (int i = 0; i < 20; ++i) this_thread::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(AnyResident(all));
  });
  EXPECT_FALSE(AnyResident(all));
}

INSTANTIATE_TEST_SUITE_P(RunModes, StackTrimTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
