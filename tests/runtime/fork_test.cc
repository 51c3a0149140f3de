// fork() by a green thread: the child has only that thread, and can use the
// runtime.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/fork_testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ForkEveryPolicy : public Fork {};

// Uses the child's runtime in all ways, then ends the process.
[[noreturn]] void LiveAlone(Others& others, bool cooperative) {
  CHILD_MUST(CurrentStats().live_threads == 1);
  for (Thread& thread : others.threads()) {
    const absl::Status status = thread.Join();
    CHILD_MUST(absl::IsAborted(status) || status.ok());
    if (!status.ok()) {
      CHILD_MUST(status.message().find("is not in this process") !=
                 std::string::npos);
    }
  }
  for (int i = 0; i < 20; ++i) this_thread::Yield();
  this_thread::SleepFor(absl::Milliseconds(2));
  Channel<int> channel;
  int sum = 0;
  {
    Thread receiver([&] {
      while (std::optional<int> value = channel.Receive()) sum += *value;
    });
    for (int i = 1; i <= 10; ++i) CHILD_MUST(channel.Send(i).ok());
    channel.Close();
    CHILD_MUST(receiver.Join().ok());
  }
  CHILD_MUST(sum == 55);
  {
    // Preemption works as before.
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> steps{0};
    Thread hog([&] {
      while (!stop) {
        steps++;
        if (cooperative) this_thread::Yield();
      }
    });
    while (steps < 100) this_thread::Yield();
    stop = true;
    CHILD_MUST(hog.Join().ok());
  }
  try {
    Thread thread([] { throw std::runtime_error("seen"); });
    thread.Join().IgnoreError();
    CHILD_MUST(false);
  } catch (const std::runtime_error&) {
  }
  CHILD_MUST(CurrentStats().live_threads == 1);
  _exit(0);
}

TEST_P(ForkEveryPolicy, ByAThread_OthersAreNotInTheChild) {
  SharedCount strays;
  Run([&] {
    Others others(strays, IsCooperative(options_));
    others.mutex().lock();
    this_thread::SleepFor(absl::Milliseconds(1));
    for (int round = 0; round < 2; ++round) {
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) LiveAlone(others, IsCooperative(options_));
      EXPECT_EQ(ExitCodeOf(child), 0);
    }
    others.mutex().unlock();
    others.Join();
  });
  EXPECT_EQ(*strays, 0u);
}

// The others run not one instruction: what they write is written once.
TEST_P(Fork, AndExec_OthersWriteNothingTwice) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<bool> stop{false};
  std::vector<int> seen(1, 0);
  std::thread reader([&] {
    int number;
    while (read(ends[0], &number, sizeof number) == sizeof number) {
      seen.resize(std::max(seen.size(), static_cast<size_t>(number) + 1));
      seen[static_cast<size_t>(number)]++;
    }
  });
  Run([&] {
    int next = 0;
    std::vector<Thread> writers;
    for (int i = 0; i < 3; ++i) {
      writers.emplace_back([&] {
        while (!stop) {
          int number;
          {
            const NoPreempt guard;
            number = next++;
          }
          ASSERT_EQ(write(ends[1], &number, sizeof number),
                    static_cast<ssize_t>(sizeof number));
        }
      });
    }
    for (int round = 0; round < 10; ++round) {
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        if (round % 2 == 0) Compute(300'000);
        execl("/bin/true", "true", nullptr);
        _exit(1);
      }
      EXPECT_EQ(ExitCodeOf(child), 0);
    }
    stop = true;
  });
  close(ends[1]);
  reader.join();
  close(ends[0]);
  for (size_t i = 0; i + 1 < seen.size(); ++i) ASSERT_EQ(seen[i], 1) << i;
}

TEST_P(Fork, ThreadThatForkedEnds_RunReturnsInTheChild) {
  const pid_t parent = getpid();
  pid_t child = 0;
  bool by_main = true;
  SharedCount strays;
  const auto run = [&] {
    return jiffy::Run(options_, [&] {
      Others others(strays);
      others.mutex().lock();
      if (by_main) {
        child = fork();
      } else {
        Thread forker({.name = "forker"}, [&] { child = fork(); });
        while (child == 0) this_thread::SleepFor(absl::Microseconds(200));
      }
      if (getpid() != parent) {
        others.mutex().unlock();
        others.Detach();
        return;
      }
      others.mutex().unlock();
      others.Join();
    });
  };
  for (const bool main : {true, false}) {
    by_main = main;
    child = 0;
    const absl::Status status = run();
    if (getpid() != parent) {
      if (by_main) {
        CHILD_MUST(status.ok());
      } else {
        CHILD_MUST(absl::IsAborted(status));
        CHILD_MUST(status.message().find("'forker'") != std::string::npos);
      }
      // Runs work as before.
      std::atomic<int> ran{0};
      CHILD_MUST(jiffy::Run(options_, [&] {
                   Thread a([&] { ran++; }), b([&] { ran++; });
                 }).ok());
      _exit(ran == 2 ? 0 : 1);
    }
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(ExitCodeOf(child), 0);
  }
  EXPECT_EQ(*strays, 0u);
}

TEST_P(Fork, ChildWaitsForWhatNobodyCanDo_IsADeadlockOfItAlone) {
  const pid_t parent = getpid();
  pid_t child = 0;
  Mutex mutex;
  const absl::Status status = jiffy::Run(options_, [&] {
    std::atomic<bool> stop{false};
    std::atomic<bool> locked{false};
    Thread holder([&] {
      mutex.lock();
      locked = true;
      while (!stop) this_thread::Yield();
      mutex.unlock();
    });
    while (!locked) this_thread::Yield();
    child = fork();
    // As in POSIX: locks that other threads hold stay locked.
    if (child == 0) mutex.lock();
    stop = true;
  });
  if (getpid() != parent) {
    CHILD_MUST(absl::IsFailedPrecondition(status));
    CHILD_MUST(status.message().find("the only thread waits") !=
               std::string::npos);
    _exit(0);
  }
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(ExitCodeOf(child), 0);
}

// Threads that are about to wait, or wait for two objects, are in lists, too.
TEST_P(Fork, ThreadInTheUnlockOfItsWait_IsNotNotifiedInTheChild) {
  struct SlowLock {
    void lock() {}
    void unlock() { slow.Wait(); }
    Event slow;
  };
  Run([] {
    SlowLock lock;
    ConditionVariable condition;
    Thread other([&] { condition.wait(lock); });
    while (other.Stats().voluntary_switches == 0) this_thread::Yield();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Mutex mutex;
      bool waits = false;
      bool woken = false;
      Thread waiter([&] {
        std::unique_lock held(mutex);
        waits = true;
        condition.wait(held);
        woken = true;
      });
      while (!waits) this_thread::Yield();
      // The thread waits once the mutex is free.
      mutex.lock();
      mutex.unlock();
      condition.notify_one();
      CHILD_MUST(waiter.Join().ok());
      CHILD_MUST(woken);
      _exit(0);
    }
    EXPECT_EQ(ExitCodeOf(child), 0);
    lock.slow.Set();
    while (!other.Stats().finished) {
      condition.notify_one();
      this_thread::Yield();
    }
  });
}

TEST_P(Fork, WaitersOfALockThatTheForkerHolds_AreNotGivenItInTheChild) {
  Mutex mutex;
  std::thread os_waiter;
  Run([&] {
    mutex.lock();
    std::atomic<int> waiting{0};
    os_waiter = std::thread([&] {
      waiting++;
      mutex.lock();
      mutex.unlock();
    });
    Thread green_waiter([&] {
      waiting++;
      mutex.lock();
      mutex.unlock();
    });
    while (waiting < 2) this_thread::SleepFor(absl::Microseconds(200));
    this_thread::SleepFor(absl::Milliseconds(10));
    const pid_t child = fork();
    if (child == 0) {
      mutex.unlock();
      mutex.lock();
      mutex.unlock();
      _exit(0);
    }
    EXPECT_EQ(ExitCodeOf(child), 0);
    mutex.unlock();
  });
  os_waiter.join();
}

INSTANTIATE_TEST_SUITE_P(, Fork, ForkModes(), ForkModeName);
INSTANTIATE_TEST_SUITE_P(
    , ForkEveryPolicy,
    ::testing::Values(ForkMode{"rr", 10'000}, ForkMode{"rr", 1'000},
                      ForkMode{"rr", 100}, ForkMode{"rr", 50},
                      ForkMode{"rr", 1'000, true}, ForkMode{"random", 100},
                      ForkMode{"linux-0.01", 1'000}, ForkMode{"linux-2.4", 100},
                      ForkMode{"linux-o1", 1'000}, ForkMode{"cfs", 100},
                      ForkMode{"eevdf", 50}, ForkMode{"lottery", 1'000},
                      ForkMode{"stride", 100}, ForkMode{"mlfq", 100},
                      ForkMode{"edf", 1'000}, ForkMode{"fifo", 1'000}),
    ForkModeName);

}  // namespace
}  // namespace jiffy
