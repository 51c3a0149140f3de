// The child of a fork in a green thread goes on with the run, preempted by a
// timer of its own; the parent's goes on as well.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ForkTest : public EveryRunModeTest {
 protected:
  ForkTest() { repetitions_ = 1; }
};

// Returns whether a child that ends by `child_main`'s result ended by 0.
template <typename F>
bool Succeeds(F child_main) {
  const pid_t child = fork();
  if (child == 0) _exit(child_main());
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_P(ForkTest, ChildOfGreenThread_IsPreemptedAndSleeps) {
  Run([] {
    std::atomic<uint64_t> count = 0;
    std::atomic<bool> stop = false;
    Thread counter(ShortTurns(), [&] {
      while (!stop) count++;
    });
    while (count == 0) SpinForTicks(1);
    EXPECT_TRUE(Succeeds([&] {
      // The counter came along.
      const uint64_t before = count;
      while (count == before) SpinForTicks(1);
      this_thread::SleepFor(absl::Milliseconds(1));
      Thread child([&] { stop = true; });
      child.Join().IgnoreError();
      return stop ? 0 : 1;
    }));
    const uint64_t before = count;
    while (count == before) SpinForTicks(1);
    stop = true;
  });
}

TEST_P(ForkTest, ManyThreadsFork_AllChildrenEnd) {
  Run([] {
    std::vector<Thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(ShortTurns(), [&good] {
        for (int j = 0; j < 3; ++j) {
          good += Succeeds([] {
            SpinForTicks(3);
            return 0;
          });
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(good, 12);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ForkTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
