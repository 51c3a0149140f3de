// Threads that run before their parents continue.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

const ThreadOptions kFirst = {.child_runs_first = true};

class ChildFirstTest : public EveryRunModeTest {
 protected:
  // Whether the policy lets children run first.
  bool Agrees() const {
    return options_.scheduler == "rr" || options_.scheduler == "fifo";
  }
};

TEST_P(ChildFirstTest, Child_ThatEnds_HasEndedWhenItsParentGoesOn) {
  options_.preempt = false;
  Run([this] {
    std::string order;
    const auto add = [&order](char who) {
      const NoPreempt one_at_a_time;
      order += who;
    };
    const auto so_far = [&order] {
      const NoPreempt one_at_a_time;
      return order;
    };
    Thread queued([&] { add('q'); });
    Thread first(kFirst, [&] {
      add('a');
      Thread inner(kFirst, [&] { add('b'); });
      add('c');
    });
    // A policy with other rules queues the child, and the parent continues.
    EXPECT_EQ(so_far(), Agrees() ? "abc" : "");
    add('d');
    EXPECT_TRUE(queued.Join().ok());
    if (Agrees()) {
      EXPECT_EQ(so_far(), "abcdq");
    }
  });
}

TEST_P(ChildFirstTest, Child_ThatWaits_LetsItsParentGoOn) {
  Run([] {
    bool woken = false;
    Event event;
    Thread first(kFirst, [&] {
      event.Wait();
      woken = true;
    });
    EXPECT_FALSE(woken);
    event.Set();
    EXPECT_TRUE(first.Join().ok());
    EXPECT_TRUE(woken);
  });
}

TEST_P(ChildFirstTest, Exception_InAChildThatEndedFirst_ReachesJoin) {
  Run([] {
    Thread child(kFirst, [] { throw std::string("lost?"); });
    EXPECT_THROW(child.Join().IgnoreError(), std::string);
  });
}

TEST_P(ChildFirstTest, Detached_ManyPreempted_AllRun) {
  Run([] {
    std::atomic<int> ran = 0;
    // Linux 0.01 has room for 63 threads.
    constexpr int kThreads = 50;
    for (int i = 0; i < kThreads; ++i) {
      Thread child(kFirst, [&ran] { ran++; });
      EXPECT_TRUE(child.Detach().ok());
    }
    while (ran != kThreads) this_thread::Yield();
  });
}

// A tree of threads, each of which waits for its children.
int CountLeaves(int depth) {
  if (depth == 0) return 1;
  int left = 0;
  int right = 0;
  Thread a(kFirst, [&left, depth] { left = CountLeaves(depth - 1); });
  Thread b(kFirst, [&right, depth] { right = CountLeaves(depth - 1); });
  EXPECT_TRUE(a.Join().ok());
  EXPECT_TRUE(b.Join().ok());
  return left + right;
}

TEST_P(ChildFirstTest, Tree_Preempted_IsCountedRight) {
  // Linux 0.01 has room for 63 threads.
  const int depth = options_.scheduler == "linux-0.01" ? 4 : 8;
  spare_slots_ = 512;
  Run([depth] { EXPECT_EQ(CountLeaves(depth), 1 << depth); });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ChildFirstTest,
                         testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
