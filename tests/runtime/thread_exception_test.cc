// An exception that leaves a thread goes to the thread that joins it; if no
// thread does, it is reported on standard error.
#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;

class ThreadExceptionTest : public EveryRunModeTest {};

TEST_P(ThreadExceptionTest, Join_RethrowsWithTypeAndMessage) {
  Run([] {
    Thread thread([] { throw std::out_of_range("row 7"); });
    try {
      thread.Join().IgnoreError();
      ADD_FAILURE() << "Join returned";
    } catch (const std::out_of_range& e) {
      EXPECT_STREQ(e.what(), "row 7");
    }
    EXPECT_FALSE(thread.Joinable());
  });
}

TEST_P(ThreadExceptionTest, Join_RethrowsWhatIsNoStdException) {
  Run([] {
    Thread thread([] { throw 42; });
    EXPECT_THROW(thread.Join().IgnoreError(), int);
  });
}

TEST_P(ThreadExceptionTest, ChainOfJoins_ExceptionComesThrough) {
  Run([] {
    Thread outer([] {
      Thread middle([] {
        Thread inner([] { throw std::runtime_error("deep"); });
        inner.Join().IgnoreError();
      });
      middle.Join().IgnoreError();
    });
    EXPECT_THROW(outer.Join().IgnoreError(), std::runtime_error);
  });
}

// Objects that the thread leaves on its stack are destroyed.
TEST_P(ThreadExceptionTest, Thrown_UnwindsTheThreadsFrames) {
  Run([] {
    int destroyed = 0;
    struct Counts {
      int* count;
      ~Counts() { ++*count; }
    };
    Thread thread([&destroyed] {
      const Counts outer{&destroyed};
      [&] {
        const Counts inner{&destroyed};
        throw std::runtime_error("unwind");
      }();
    });
    EXPECT_THROW(thread.Join().IgnoreError(), std::runtime_error);
    EXPECT_EQ(destroyed, 2);
  });
}

TEST_P(ThreadExceptionTest, DestroyedHandle_ReportsThreadByName) {
  CapturedStderr captured;
  repetitions_ = 1;
  Run([] {
    const Thread thread({.name = "parser"},
                        [] { throw std::runtime_error("line 12"); });
  });
  EXPECT_THAT(captured.Text(), HasSubstr("thread 'parser' (#2)"));
  EXPECT_THAT(captured.Text(), HasSubstr("line 12"));
}

TEST_P(ThreadExceptionTest, DetachedBefore_ReportsThreadByName) {
  CapturedStderr captured;
  repetitions_ = 1;
  Run([] {
    std::atomic<bool> detached = false;
    Thread thread({.name = "stray"}, [&] {
      while (!detached) this_thread::Yield();
      throw std::runtime_error("lost");
    });
    EXPECT_TRUE(thread.Detach().ok());
    detached = true;
    for (int i = 0; i < 1000; ++i) this_thread::Yield();
  });
  EXPECT_THAT(captured.Text(), HasSubstr("thread 'stray' (#2)"));
  EXPECT_THAT(captured.Text(), HasSubstr("lost"));
}

TEST_P(ThreadExceptionTest, DetachedAfterItsEnd_ReportsThreadByName) {
  CapturedStderr captured;
  repetitions_ = 1;
  Run([] {
    Thread thread({.name = "late"}, [] { throw 1; });
    while (!thread.Stats().finished) this_thread::Yield();
    EXPECT_TRUE(thread.Detach().ok());
  });
  EXPECT_THAT(captured.Text(), HasSubstr("thread 'late' (#2)"));
  EXPECT_THAT(captured.Text(), HasSubstr("no std::exception"));
}

TEST_P(ThreadExceptionTest, Joined_ReportsNothing) {
  CapturedStderr captured;
  Run([] {
    Thread thread([] { throw std::runtime_error("seen"); });
    EXPECT_THROW(thread.Join().IgnoreError(), std::runtime_error);
  });
  EXPECT_EQ(captured.Text(), "");
}

TEST_P(ThreadExceptionTest, OutOfTheRunsFunction_RunRethrowsAfterAllEnded) {
  bool other_ended = false;
  EXPECT_THROW(
      {
        RunOnce([&] {
          Thread other([&] {
            for (int i = 0; i < 20; ++i) this_thread::Yield();
            other_ended = true;
          });
          EXPECT_TRUE(other.Detach().ok());
          throw std::runtime_error("main");
        }).IgnoreError();
      },
      std::runtime_error);
  EXPECT_TRUE(other_ended);
  Run([] {});
}

// The exceptions being handled belong to each thread, although all threads are
// in a catch block at the same time.
TEST_P(ThreadExceptionTest, ManyHandledAtOnce_EachThreadKeepsItsOwn) {
  Run([] {
    constexpr int kThreads = 10;
    std::atomic<int> wrong = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([i, &wrong] {
        for (int round = 0; round < 20; ++round) {
          try {
            throw std::runtime_error(std::to_string(i));
          } catch (const std::exception&) {
            this_thread::Yield();
            SpinForTicks(1);
            try {
              std::rethrow_exception(std::current_exception());
            } catch (const std::exception& e) {
              wrong += e.what() != std::to_string(i);
            }
            this_thread::Yield();
            try {
              throw;
            } catch (const std::exception& e) {
              wrong += e.what() != std::to_string(i);
            }
          }
          wrong += std::current_exception() != nullptr;
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(wrong, 0);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ThreadExceptionTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
