// One run at a time in a process; any number of runs after each other.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;

void ExpectRefused(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a jiffy run is under way"));
}

class SingleRunTest : public EveryRunModeTest {};

TEST_P(SingleRunTest, RunInsideARun_IsRefusedAndTheFirstGoesOn) {
  Run([&] {
    bool inner_ran = false;
    ExpectRefused(jiffy::Run(options_, [&] { inner_ran = true; }));
    EXPECT_FALSE(inner_ran);
    Thread thread([&] {
      ExpectRefused(jiffy::Run(options_, [&] { inner_ran = true; }));
    });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_FALSE(inner_ran);
    SpinForTicks(2);
  });
}

TEST_P(SingleRunTest, RunInAnotherOsThreadMeanwhile_IsRefused) {
  Run([&] {
    bool inner_ran = false;
    std::atomic<bool> done = false;
    std::thread os_thread([&] {
      ExpectRefused(jiffy::Run(options_, [&] { inner_ran = true; }));
      done = true;
    });
    while (!done) this_thread::Yield();
    os_thread.join();
    EXPECT_FALSE(inner_ran);
  });
}

TEST_P(SingleRunTest, RunInAnotherOsThreadAfterwards_Works) {
  Run([] { SpinForTicks(1); });
  std::thread os_thread([&] {
    const absl::Status status = jiffy::Run(options_, [] {
      Thread thread([] { SpinForTicks(2); });
      EXPECT_TRUE(thread.Join().ok());
    });
    EXPECT_TRUE(status.ok()) << status;
  });
  os_thread.join();
  spare_slots_ += 2;
  Run([] { SpinForTicks(1); });
}

TEST_P(SingleRunTest, TwoRuntimesInTurn_BothWork) {
  absl::StatusOr<Runtime> first = Runtime::Create(options_);
  absl::StatusOr<Runtime> second = Runtime::Create(options_);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  for (int i = 0; i < 3; ++i) {
    int ran = 0;
    EXPECT_TRUE(first->Run([&] { ran++; }).ok());
    EXPECT_TRUE(second
                    ->Run([&] {
                      Thread thread([&] { ran++; });
                      EXPECT_TRUE(thread.Join().ok());
                    })
                    .ok());
    EXPECT_EQ(ran, 2);
  }
  EXPECT_EQ(first->Stats().threads, 1u);
  EXPECT_EQ(second->Stats().threads, 2u);
  spare_slots_ += 2;
}

TEST_P(SingleRunTest, RuntimeMoved_RunsOn) {
  absl::StatusOr<Runtime> made = Runtime::Create(options_);
  ASSERT_TRUE(made.ok());
  Runtime moved = *std::move(made);
  EXPECT_TRUE(moved.Run([] {}).ok());
  EXPECT_EQ(moved.Stats().threads, 1u);
  spare_slots_ += 1;
}

// Threads of one mode follow those of the other: they use different slots.
TEST_P(SingleRunTest, OtherModesInTurn_DoNotMixUp) {
  for (const RunMode& mode : AllRunModes()) {
    RuntimeOptions options = options_;
    options.scheduler = mode.scheduler;
    options.shared_tls = mode.shared_tls;
    const absl::Status status = jiffy::Run(options, [] {
      std::vector<Thread> threads;
      for (int i = 0; i < 3; ++i) threads.emplace_back([] { SpinForTicks(1); });
    });
    EXPECT_TRUE(status.ok()) << mode << ": " << status;
  }
  spare_slots_ += 8;
}

INSTANTIATE_TEST_SUITE_P(RunModes, SingleRunTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
