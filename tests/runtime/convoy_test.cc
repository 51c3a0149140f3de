// The convoy: many threads want one libc lock, and are preempted. A thread that
// is stopped while it holds the lock must not make each of the others wait for
// a tick.
//
// JIFFY_CONVOY_THREADS=100000 runs a long test.
#include <dlfcn.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/watched_run.h"

namespace jiffy {
namespace {

int Threads() {
  const char* const threads = std::getenv("JIFFY_CONVOY_THREADS");
  return threads == nullptr ? 1'000 : std::atoi(threads);
}

// Allocates and frees blocks of many sizes.
void Allocate() {
  constexpr int kKept = 8;
  void* kept[kKept] = {};
  for (int i = 0; i < 5 * kKept; ++i) {
    std::free(kept[i % kKept]);
    kept[i % kKept] = std::malloc(size_t{100} << (i % 9));
    *static_cast<volatile char*>(kept[i % kKept]) = 'x';
  }
  for (void* memory : kept) std::free(memory);
}

void Print() {
  static FILE* const file = std::fopen("/dev/null", "w");
  for (int i = 0; i < 20; ++i) std::fprintf(file, "%d %s\n", i, "a line");
}

void LookUp() {
  for (int i = 0; i < 10; ++i) {
    if (dlsym(RTLD_DEFAULT, "malloc") == nullptr) std::abort();
  }
}

void AskTheTime() {
  for (int i = 0; i < 10; ++i) {
    const time_t now = i * 10'000'000;
    tm parts;
    tzset();
    localtime_r(&now, &parts);
  }
}

struct Work {
  const char* name;
  void (*function)();
};

using Case = std::tuple<Work, const char*, int>;

class ConvoyTest : public WatchedRunTest,
                   public ::testing::WithParamInterface<Case> {
 protected:
  ConvoyTest() {
    repetitions_ = 1;
    spare_slots_ = 4;
    const absl::Duration slice = absl::Microseconds(std::get<2>(GetParam()));
    options_.time_slice = slice;
    options_.tick = RealTick(slice);
    options_.stack_size = size_t{32} << 10;
    Watch(std::get<1>(GetParam()));
  }

  void TearDown() override {
    testing::ForceTicksInLibc(false);
    RunTest::TearDown();
  }

  // Makes many threads do the work at the same time. Each is sometimes found
  // waiting for the lock, but not at each turn of the holder.
  void ExpectAllEnd() {
    const int threads = Threads();
    uint64_t blocked_before = 0;
    Run([&] {
      Event start;
      std::vector<Thread> all;
      all.reserve(static_cast<size_t>(threads));
      std::atomic<int> ready = 0;
      for (int i = 0; i < threads; ++i) {
        all.emplace_back([&] {
          ++ready;
          start.Wait();
          std::get<0>(GetParam()).function();
        });
      }
      while (ready < threads) this_thread::Yield();
      blocked_before = account_.blocked;
      start.Set();
      for (Thread& thread : all) EXPECT_TRUE(thread.Join().ok());
    });
    EXPECT_EQ(account_.mistake, nullptr) << account_.mistake;
    const uint64_t blocked = account_.blocked - blocked_before;
    RecordProperty("blocked", std::to_string(blocked));
    RecordProperty("taken", std::to_string(account_.taken));
    EXPECT_LT(blocked, 3 * static_cast<uint64_t>(threads));
  }
};

TEST_P(ConvoyTest, ManyThreads_End) { ExpectAllEnd(); }

// Tests the safety net alone.
TEST_P(ConvoyTest, ManyThreadsPreemptedInLibc_End) {
  testing::ForceTicksInLibc(true);
  ExpectAllEnd();
}

std::string CaseName(const ::testing::TestParamInfo<Case>& info) {
  const auto& [work, policy, slice] = info.param;
  return std::string(work.name) + "_" + policy + "_" + std::to_string(slice) +
         "us";
}

INSTANTIATE_TEST_SUITE_P(
    , ConvoyTest,
    ::testing::Combine(::testing::Values(Work{"malloc", &Allocate},
                                         Work{"stdio", &Print},
                                         Work{"dlsym", &LookUp},
                                         Work{"localtime", &AskTheTime}),
                       ::testing::Values("rr", "random", "cfs"),
                       ::testing::Values(10'000, 1'000, 100, 50)),
    CaseName);

}  // namespace
}  // namespace jiffy
