// When all threads wait and nothing can wake them, the run ends and reports who
// waits for whom. Threads abandoned in this way are distinguished from those
// that ended.
#include <atomic>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/linux001_calls.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DeadlockTest : public EveryRunModeTest {
 protected:
  // Runs `fn`, which ends in a deadlock, and returns the message. The slots of
  // its threads are lost.
  std::string Deadlock(absl::FunctionRef<void()> fn) {
    const absl::Status status = RunOnce(fn);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    spare_slots_ += stats().most_threads;
    return std::string(status.message());
  }
};

TEST_P(DeadlockTest, TwoJoinEachOther_NamesThemAndTheCycle) {
  Thread egg;
  Thread hen;
  std::atomic<bool> both = false;
  const std::string text = Deadlock([&] {
    egg = Thread({.name = "egg"}, [&] {
      while (!both) this_thread::Yield();
      hen.Join().IgnoreError();
    });
    hen = Thread({.name = "hen"}, [&] { egg.Join().IgnoreError(); });
    both = true;
  });
  EXPECT_THAT(text, HasSubstr("deadlock: all 2 threads wait"));
  EXPECT_THAT(text, HasSubstr("'egg' (#2) waits for 'hen' (#3) to end"));
  EXPECT_THAT(text, HasSubstr("'hen' (#3) waits for 'egg' (#2) to end"));
  EXPECT_THAT(text, AnyOf(HasSubstr("'egg' (#2) -> 'hen' (#3) -> 'egg' (#2)"),
                          HasSubstr("'hen' (#3) -> 'egg' (#2) -> 'hen' (#3)")));
}

TEST_P(DeadlockTest, ThreeJoinInACycle_NamesThemInItsOrder) {
  constexpr const char* kNames[] = {"a", "b", "c"};
  Thread threads[3];
  std::atomic<bool> all = false;
  const std::string text = Deadlock([&] {
    for (int i = 0; i < 3; ++i) {
      threads[i] = Thread({.name = kNames[i]}, [&, i] {
        Thread& next = threads[(i + 1) % 3];
        while (!all) this_thread::Yield();
        next.Join().IgnoreError();
      });
    }
    all = true;
  });
  EXPECT_THAT(text, HasSubstr("deadlock: all 3 threads wait"));
  EXPECT_THAT(text,
              AnyOf(HasSubstr("'a' (#2) -> 'b' (#3) -> 'c' (#4) -> 'a' (#2)"),
                    HasSubstr("'b' (#3) -> 'c' (#4) -> 'a' (#2) -> 'b' (#3)"),
                    HasSubstr("'c' (#4) -> 'a' (#2) -> 'b' (#3) -> 'c' (#4)")));
}

TEST_P(DeadlockTest, HandlesToThreadsGivenUp_SayAborted) {
  Thread a;
  Thread b;
  std::atomic<bool> both = false;
  Deadlock([&] {
    a = Thread({.name = "a"}, [&] {
      while (!both) this_thread::Yield();
      b.Join().IgnoreError();
    });
    b = Thread({.name = "b"}, [&] { a.Join().IgnoreError(); });
    both = true;
  });
  EXPECT_TRUE(a.Stats().finished);
  for (Thread* thread : {&a, &b}) {
    const absl::Status status = thread->Join();
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("the run ended before thread '"));
    EXPECT_FALSE(thread->Joinable());
  }
}

TEST_P(DeadlockTest, LaterRun_Works) {
  Thread a;
  Thread b;
  for (int i = 0; i < 3; ++i) {
    std::atomic<bool> both = false;
    Deadlock([&] {
      a = Thread([&] {
        while (!both) this_thread::Yield();
        b.Join().IgnoreError();
      });
      b = Thread([&] { a.Join().IgnoreError(); });
      both = true;
    });
    EXPECT_FALSE(a.Join().ok());
    EXPECT_FALSE(b.Join().ok());
    Run([] {
      Thread thread([] { SpinForTicks(2); });
      EXPECT_TRUE(thread.Join().ok());
    });
  }
}

TEST_P(DeadlockTest, SleeperAmongThem_IsWaitedForFirst) {
  bool woke = false;
  Thread a;
  Thread b;
  std::atomic<bool> both = false;
  Deadlock([&] {
    a = Thread([&] {
      while (!both) this_thread::Yield();
      b.Join().IgnoreError();
    });
    b = Thread([&] { a.Join().IgnoreError(); });
    both = true;
    this_thread::SleepFor(absl::Milliseconds(3));
    woke = true;
  });
  EXPECT_TRUE(woke);
}

INSTANTIATE_TEST_SUITE_P(RunModes, DeadlockTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

// Asleep in a call of the policy, with no thread to wake it.
class Linux001DeadlockTest : public RunTest {
 protected:
  Linux001DeadlockTest() { options_.scheduler = "linux-0.01"; }
};

TEST_F(Linux001DeadlockTest, OnlyThreadPauses_SaysWhereItSleeps) {
  const absl::Status status = RunOnce([] { sched::linux001::Pause(); });
  spare_slots_ += 1;
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("the only thread waits"),
                    HasSubstr("'main' (#1) sleeps in a call of the scheduler "
                              "linux-0.01"),
                    Not(HasSubstr("cycle"))));
}

TEST_F(Linux001DeadlockTest, MainJoinsOneThatPauses_NamesBothAndNoCycle) {
  const absl::Status status = RunOnce([] {
    Thread sleeper({.name = "sleeper"}, [] { sched::linux001::Pause(); });
    sleeper.Join().IgnoreError();
  });
  spare_slots_ += 2;
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("all 2 threads wait"),
                    HasSubstr("'main' (#1) waits for 'sleeper' (#2) to end"),
                    HasSubstr("'sleeper' (#2) sleeps in a call"),
                    Not(HasSubstr("cycle"))));
}

}  // namespace
}  // namespace jiffy
