// A coroutine on a stack that the program made itself is preempted like the
// thread that runs it.
#include <ucontext.h>

#include <cstddef>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

struct Coroutine {
  ucontext_t thread;
  ucontext_t itself;
  volatile bool stop = false;
};
// Only the test's first thread has a coroutine.
Coroutine* coroutine;

void RunCoroutine() {
  while (!coroutine->stop) Compute(100);
}

class CoroutineTest : public EveryRunModeTest {
 protected:
  void SetUp() override {
    EveryRunModeTest::SetUp();
    if (signals::kPreemptsInProgram) {
      GTEST_SKIP() << "threads are preempted on their own stacks only";
    }
  }
};

TEST_P(CoroutineTest, OnAStackOfItsOwn_IsPreempted) {
  Run([] {
    Coroutine mine;
    coroutine = &mine;
    Thread other(ShortTurns(), [&] { mine.stop = true; });
    std::vector<char> stack(size_t{256} << 10);
    ASSERT_EQ(getcontext(&mine.itself), 0);
    mine.itself.uc_stack.ss_sp = stack.data();
    mine.itself.uc_stack.ss_size = stack.size();
    mine.itself.uc_link = &mine.thread;
    makecontext(&mine.itself, &RunCoroutine, 0);
    ASSERT_EQ(swapcontext(&mine.thread, &mine.itself), 0);
    EXPECT_TRUE(other.Join().ok());
  });
  EXPECT_GT(stats().preemptions, 0u);
}

INSTANTIATE_TEST_SUITE_P(RunModes, CoroutineTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
