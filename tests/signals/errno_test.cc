// Each thread has its own errno, which every preemption and every handler
// keeps.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ErrnoTest : public EveryRunModeTest {
 protected:
  void SetUp() override {
    EveryRunModeTest::SetUp();
    if (signals::kThreadSanitizer && GetParam().shared_tls) {
      GTEST_SKIP() << "ThreadSanitizer takes errno for one variable";
    }
  }
};

TEST_P(ErrnoTest, PreemptedAnywhere_EachThreadKeepsItsOwn) {
  constexpr int kThreads = 4;
  constexpr int kTicks = 100;
  Run([] {
    std::vector<Thread> threads;
    std::atomic<int> wrong = 0;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back(ShortTurns(), [i, &wrong] {
        const uint64_t end = TicksDelivered() + kTicks;
        errno = 1000 + i;
        while (TicksDelivered() < end) {
          if (errno != 1000 + i) wrong++;
          this_thread::Yield();
          if (errno != 1000 + i) wrong++;
          Compute(10'000);
          if (errno != 1000 + i) wrong++;
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(wrong, 0);
  });
}

TEST_P(ErrnoTest, NewThreadOnUsedStack_StartsWithZero) {
  Run([] {
    for (int i = 0; i < 3; ++i) {
      int first = -1;
      Thread thread([&] {
        first = errno;
        errno = 77;
      });
      EXPECT_TRUE(thread.Join().ok());
      EXPECT_EQ(first, 0);
    }
  });
}

// The handler that was installed before ours may change errno.
TEST_P(ErrnoTest, ForeignHandlerChangesIt_InterruptedCodeKeepsItsOwn) {
  struct sigaction action = {};
  action.sa_handler = [](int) { errno = 99; };
  struct sigaction before;
  sigaction(SIGALRM, &action, &before);
  const absl::Status status = RunOnce([] {
    errno = 5;
    kill(getpid(), SIGALRM);
    EXPECT_EQ(errno, 5);
  });
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_TRUE(status.ok()) << status;
}

// Takes turns, and sets errno when it is called in the handler.
class RudePolicy final : public sched::Scheduler {
 public:
  std::string_view name() const override { return "rude"; }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason) override {
    queue_.PushBack(entity);
  }
  void Dequeue(sched::Entity&, sched::DequeueReason) override {}
  sched::Entity* PickNext() override { return queue_.PopFront(); }
  bool Tick(sched::Entity&, int) override {
    errno = 98;
    return true;
  }
  bool MayRunBeforeTurn() const override { return false; }

 private:
  sched::RunList queue_;
};

// The handler calls the policy, which may be any program's.
TEST(Errno, PolicyChangesIt_InterruptedCodeKeepsItsOwn) {
  RuntimeOptions options;
  options.policy = [](const sched::PolicyConfig&) {
    return std::make_unique<RudePolicy>();
  };
  const absl::Status status = jiffy::Run(options, [] {
    const uint64_t end = TicksDelivered() + 5;
    errno = 5;
    int wrong = 0;
    while (TicksDelivered() < end) wrong += errno != 5;
    EXPECT_EQ(wrong, 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(RunModes, ErrnoTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
