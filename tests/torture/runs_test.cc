// Runs that follow each other in one process, of one runtime and of several.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/torture/memory.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

RuntimeOptions Fast(const std::string& scheduler) {
  RuntimeOptions options;
  options.scheduler = scheduler;
  options.time_slice = absl::Microseconds(100);
  options.tick = absl::Microseconds(100);
  return options;
}

// Threads that make progress only by preemption.
void TakeTurns() {
  std::atomic<int> turn{9};
  std::vector<Thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back(ThreadOptions{.priority = 1}, [&turn, i] {
      while (turn != i) {
      }
      const std::string text(1'000, 'x');
      turn = i - static_cast<int>(text.size() / 1'000);
    });
  }
  // The others, the last one first.
  while (turn >= 0) {
  }
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
}

TEST(Runs, TwoRuntimesOneAfterTheOther_BothPreempt) {
  for (const char* scheduler : {"rr", "linux-0.01", "random"}) {
    absl::StatusOr<Runtime> first = Runtime::Create(Fast(scheduler));
    absl::StatusOr<Runtime> second = Runtime::Create(Fast("rr"));
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_TRUE(first->Run(&TakeTurns).ok());
    EXPECT_TRUE(second->Run(&TakeTurns).ok());
    EXPECT_TRUE(first->Run(&TakeTurns).ok());
    EXPECT_EQ(first->Stats().threads, 11u);
    EXPECT_GT(first->Stats().preemptions, 0u);
    EXPECT_GT(second->Stats().preemptions, 0u);
  }
}

TEST(Runs, Thousands_MemoryIsFlat) {
  size_t resident = 0;
  uint64_t carved = 0;
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(jiffy::Run(Fast("rr"), [] {
                  Thread thread([] { Spin(1'000); });
                }).ok());
    if (i == 200) {
      resident = ResidentBytes();
      carved = jiffy::testing::CarvedSlots();
    }
  }
  EXPECT_LT(ResidentBytes(), resident + (size_t{2} << 20));
  EXPECT_EQ(jiffy::testing::CarvedSlots(), carved);
}

TEST(Runs, OwnAndSharedTlsInTurn_BothWork) {
  RuntimeOptions shared = Fast("rr");
  shared.shared_tls = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(jiffy::Run(Fast("rr"), &TakeTurns).ok());
    EXPECT_TRUE(jiffy::Run(shared, &TakeTurns).ok());
  }
}

}  // namespace
}  // namespace jiffy::torture
