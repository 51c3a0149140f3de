// Many threads: one after the other, and all alive at once.

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/torture/memory.h"

namespace jiffy::torture {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

thread_local std::string text;

// Uses a little of everything that gives a thread memory of its own.
void UseMemory(int number) {
  text = "thread_local of thread " + std::to_string(number);
  std::map<int, std::string> map;
  for (int i = 0; i < 20; ++i) map[i] = text;
  char line[100];
  snprintf(line, sizeof line, "%Lf", 1.5L * number);
  try {
    throw std::runtime_error(line);
  } catch (const std::runtime_error& error) {
    text += error.what();
  }
}

TEST(ManyThreads, FiftyThousand_MemoryIsFlat) {
  constexpr int kThreads = 50'000;
  constexpr int kAtOnce = 64;
  size_t resident_before = 0;
  uint64_t carved_before = 0;
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Microseconds(100)}, [&] {
        for (int number = 0; number < kThreads;) {
          std::vector<Thread> threads;
          for (int i = 0; i < kAtOnce; ++i) {
            threads.emplace_back(&UseMemory, number++);
          }
          for (size_t i = 0; i < threads.size(); i += 2) {
            ASSERT_TRUE(threads[i].Detach().ok());
          }
          for (size_t i = 1; i < threads.size(); i += 2) {
            ASSERT_TRUE(threads[i].Join().ok());
          }
          if (resident_before == 0 && number >= kThreads / 10) {
            resident_before = ResidentBytes();
            carved_before = jiffy::testing::CarvedSlots();
          }
        }
        // malloc's arenas and caches settle a little later.
        EXPECT_LT(ResidentBytes(), resident_before + 4 * kMiB);
      });
  EXPECT_TRUE(status.ok()) << status;
  // Detached threads of the batch before may still have existed.
  EXPECT_LE(jiffy::testing::CarvedSlots(), carved_before + kAtOnce);
}

TEST(ManyThreads, HundredThousandOneAfterTheOther_AllRunInOnePlace) {
  constexpr int kThreads = 100'000;
  int ran = 0;
  const absl::Status status = jiffy::Run({}, [&] {
    ASSERT_TRUE(Thread([&] { ++ran; }).Join().ok());
    const uint64_t carved = jiffy::testing::CarvedSlots();
    for (int i = 1; i < kThreads; ++i) {
      ASSERT_TRUE(Thread([&] { ++ran; }).Join().ok());
    }
    EXPECT_EQ(jiffy::testing::CarvedSlots(), carved);
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(ran, kThreads);
}

class AliveAtOnce : public ::testing::TestWithParam<size_t> {};

TEST_P(AliveAtOnce, HundredThousand_AllRunAndEnd) {
  constexpr int kThreads = 100'000;
  RuntimeOptions options;
  options.time_slice = absl::Milliseconds(1);
  options.stack_size = GetParam();
  absl::StatusOr<Runtime> runtime = Runtime::Create(options);
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  std::atomic<bool> open{false};
  int ended = 0;
  const absl::Status status = runtime->Run([&] {
    // Each waits for the one before it, and the first for this thread.
    Thread last([&] {
      while (!open) this_thread::SleepFor(absl::Milliseconds(1));
      ended = 1;
    });
    for (int i = 1; i < kThreads; ++i) {
      absl::StatusOr<Thread> next =
          Thread::Spawn({}, [&ended, i, previous = std::move(last)]() mutable {
            if (previous.Join().ok() && ended == i) ++ended;
          });
      ASSERT_TRUE(next.ok()) << "thread " << i << ": " << next.status();
      last = *std::move(next);
    }
    // Far below vm.max_map_count, which is 65,530 by default.
    EXPECT_LT(Mappings(), 10'000u);
    open = true;
    ASSERT_TRUE(last.Join().ok());
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(ended, kThreads);
  EXPECT_EQ(runtime->Stats().most_threads, uint64_t{kThreads} + 1);
}

INSTANTIATE_TEST_SUITE_P(, AliveAtOnce,
                         ::testing::Values(size_t{16} << 10, size_t{64} << 10),
                         [](const auto& info) {
                           return std::to_string(info.param >> 10) + "KiB";
                         });

}  // namespace
}  // namespace jiffy::torture
