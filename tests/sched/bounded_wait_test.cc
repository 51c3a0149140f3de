// The longest wait of a runnable task, under the policies that promise a bound.
#include <cstdint>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/sched/fake_host.h"
#include "tests/sched/policies.h"

namespace jiffy::sched {
namespace {

// A policy that promises a bound on the wait of a runnable task if no task
// sleeps. ("fifo" starves tasks, and "random" may: their own tests show that.)
struct Promise {
  std::string policy;
  // In ticks, for one of `tasks` tasks.
  int (*longest_wait)(int tasks);
};

class BoundedWaitTest : public testing::TestWithParam<Promise> {
 protected:
  void Spawn(int tasks) {
    for (int i = 0; i < tasks; ++i) host_.Spawn(std::to_string(i));
    host_.Dispatch();
  }

  // Expects that each task had the CPU, and that none waited for more than the
  // promise and `more` ticks.
  void ExpectPromiseKept(int more = 0) {
    const int promised =
        GetParam().longest_wait(static_cast<int>(host_.tasks().size()));
    for (const auto& task : host_.tasks()) {
      EXPECT_LE(task->longest_wait, static_cast<uint64_t>(promised + more))
          << task->name;
      EXPECT_GT(task->ticks, 0u) << task->name;
    }
  }

  FakeHost host_{Make(GetParam().policy)};
};

TEST_P(BoundedWaitTest, LongestWait_NobodySleeps_IsBelowThePromise) {
  const unsigned seed = Seed();
  SCOPED_TRACE("JIFFY_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  Spawn(10);
  for (int i = 0; i < 5000; ++i) {
    host_.Ticks(1);
    if (random() % 8 == 0) host_.Yield();
  }
  ExpectPromiseKept();
}

// Three seconds in which the machine stood still are charged to no task: the
// task that had the CPU continues as if they had not happened.
TEST_P(BoundedWaitTest, LongestWait_TimeWasStolen_IsBelowThePromise) {
  constexpr uint64_t kStolen = 300;
  Spawn(3);
  for (int i = 0; i < 1000; ++i) {
    if (i % 97 == 0) host_.Steal(kStolen);
    host_.Ticks(1);
  }
  ExpectPromiseKept();
}

// A task that kept preemption off for three seconds pays for these, and no
// more.
TEST_P(BoundedWaitTest, LongestWait_AfterALongGuard_IsWhatTheOthersMissed) {
  constexpr int kTasks = 3;
  constexpr int kGuarded = 300;
  Spawn(kTasks);
  host_.PreemptDisable();
  host_.Ticks(kGuarded);
  host_.PreemptEnable();
  host_.Ticks(2 * kTasks * kGuarded);
  ExpectPromiseKept((kTasks - 1) * kGuarded);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, BoundedWaitTest,
    testing::Values(
        // The slices of all others.
        Promise{"rr", [](int tasks) { return (tasks - 1) * kSliceTicks; }},
        // What the others have left in this round and get in the next, at most
        // 15 ticks each, since no task sleeps.
        Promise{"linux-0.01", [](int tasks) { return 2 * (tasks - 1) * 15; }},
        // The same with slices of 6; half of what a yield left may be added.
        Promise{"linux-2.4", [](int tasks) { return 2 * (tasks - 1) * 11; }},
        // One slice of 100 ms of each other task.
        Promise{"linux-o1", [](int tasks) { return (tasks - 1) * 10; }},
        // These share by a virtual clock, in steps of a tick, which is more
        // than their slices. Before a task's turn comes again, another may have
        // two: the one that it was ahead for, and its own.
        Promise{"cfs", [](int tasks) { return 2 * (tasks - 1); }},
        Promise{"eevdf", [](int tasks) { return 2 * (tasks - 1); }},
        Promise{"stride",
                [](int tasks) { return 2 * (tasks - 1) * kSliceTicks; }},
        // Until the next boost (one a second) brings it to the top, behind the
        // others.
        Promise{"mlfq",
                [](int tasks) { return 100 + (tasks - 1) * kSliceTicks; }}),
    [](const auto& info) { return TestName(info.param.policy); });

}  // namespace
}  // namespace jiffy::sched
