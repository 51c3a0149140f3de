// A thread that a tick finds in a futex wait in the kernel is not runnable
// until the word changes: the other threads get the CPU, under any policy.
#include <time.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/futex_call.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/watched_run.h"

namespace jiffy {
namespace {

using Word = std::atomic<uint32_t>;

void WaitWhileZero(Word& word) {
  while (word == 0) WaitForFutex(&word, 0);
}

class SetAsideTest : public PreemptedInLibrariesTest,
                     public ::testing::WithParamInterface<std::string> {
 protected:
  SetAsideTest() {
    spare_slots_ = 8;
    Watch(GetParam());
  }
  void TearDown() override {
    EXPECT_EQ(account_.mistake, nullptr) << account_.mistake;
    RunTest::TearDown();
  }

  // Returns once the policy has been told of `more` blocked threads.
  void AwaitBlocked(uint64_t more) const {
    const volatile uint64_t& blocked = account_.blocked;
    for (const uint64_t end = blocked + more; blocked < end;) {
      this_thread::Yield();
    }
  }
};

// Each retry takes a switch to the thread and back.
TEST_P(SetAsideTest, Waiter_OtherComputes_HasTheCpuToItself) {
  Run([&] {
    Word word = 0;
    bool woke = false;
    Thread waiter(ShortTurns(), [&] {
      WaitWhileZero(word);
      woke = true;
    });
    Thread other(ShortTurns(), [&] {
      AwaitBlocked(1);
      const uint64_t before = CurrentStats().switches;
      SpinForTicks(30);
      EXPECT_LE(CurrentStats().switches - before, 6u);
      EXPECT_FALSE(woke);
      // No wake-up goes through the kernel.
      word = 1;
      EXPECT_TRUE(waiter.Join().ok());
      EXPECT_TRUE(woke);
    });
    EXPECT_TRUE(other.Join().ok());
  });
}

TEST_P(SetAsideTest, OsThreadChangesTheWord_Wakes) {
  Run([&] {
    Word word = 0;
    Word computing = 1;
    Thread waiter(ShortTurns(), [&] { WaitWhileZero(word); });
    Thread other(ShortTurns(), [&] {
      while (computing == 1) {
        Compute(1000);
        this_thread::Yield();
      }
    });
    AwaitBlocked(1);
    std::thread changer([&] {
      word = 1;
      WakeFutex(&word, 1);
    });
    EXPECT_TRUE(waiter.Join().ok());
    computing = 0;
    EXPECT_TRUE(other.Join().ok());
    changer.join();
  });
}

TEST_P(SetAsideTest, OnlyThread_WaitsInTheKernelUntilAnOsThreadWakesIt) {
  Word word = 0;
  std::thread changer;
  Run([&] {
    changer = std::thread([&] {
      // Some ticks later.
      const timespec some = {.tv_sec = 0, .tv_nsec = 30'000'000};
      nanosleep(&some, nullptr);
      word = 1;
      WakeFutex(&word, 1);
    });
    WaitWhileZero(word);
  });
  changer.join();
}

// The word has its old value again when the runtime checks it: then only the
// kernel may know of the wake-up.
TEST_P(SetAsideTest, WokenWithTheSameWord_LooksAgainInTheKernel) {
  std::thread waker;
  Word word = 0;
  Word done = 0;
  Run([&] {
    Thread waiter(ShortTurns(), [&] {
      while (WaitForFutex(&word, 0) != 0) {
      }
      done = 1;
    });
    AwaitBlocked(1);
    waker = std::thread([&] {
      while (done == 0) {
        word = 1;
        word = 0;
        WakeFutex(&word, 1);
      }
    });
    while (done == 0) {
      Compute(1000);
      this_thread::Yield();
    }
    EXPECT_TRUE(waiter.Join().ok());
  });
  waker.join();
}

TEST_P(SetAsideTest, ManyWaiters_WordsChangeOneAfterTheOther_AllWake) {
  Run([&] {
    constexpr int kWaiters = 40;
    std::vector<Word> words(kWaiters);
    std::vector<Thread> waiters;
    for (Word& word : words) {
      waiters.emplace_back(ShortTurns(), [&word] { WaitWhileZero(word); });
    }
    Thread other(ShortTurns(), [&] {
      AwaitBlocked(kWaiters / 2);
      for (Word& word : words) {
        Compute(10'000);
        word = 1;
        WakeFutex(&word, 1);
      }
      for (Thread& waiter : waiters) EXPECT_TRUE(waiter.Join().ok());
    });
    EXPECT_TRUE(other.Join().ok());
  });
}

// The thread waits with preemption off, but the others still run.
TEST_P(SetAsideTest, WaiterHoldsNoPreempt_OthersRun) {
  Run([&] {
    Word word = 0;
    Thread waiter(ShortTurns(), [&] {
      const NoPreempt guard;
      WaitWhileZero(word);
    });
    Thread other(ShortTurns(), [&] {
      AwaitBlocked(1);
      SpinForTicks(3);
      word = 1;
    });
    EXPECT_TRUE(other.Join().ok());
    EXPECT_TRUE(waiter.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(, SetAsideTest, ::testing::ValuesIn(PolicyNames()),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace jiffy
