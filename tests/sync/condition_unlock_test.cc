// A ConditionVariable's wait unlocks and locks again, even if it is over before
// it begins. The lock's exceptions pass, and leave no waiter behind.
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

using std::chrono::steady_clock;

class ConditionUnlockTest : public SyncTest {};

// A user's lock: counts, and throws when told to.
struct CountingLock {
  void lock() {
    if (throws_on_lock) throw std::runtime_error("lock");
    mutex.lock();
    locks++;
  }
  void unlock() {
    if (on_unlock) on_unlock();
    unlocks++;
    mutex.unlock();
  }
  Mutex mutex;
  std::function<void()> on_unlock;
  bool throws_on_lock = false;
  int locks = 0;
  int unlocks = 0;
};

const auto never = [] { return false; };

// All waits that are over before they begin.
template <typename Lock>
std::vector<std::function<void(ConditionVariable&, Lock&)>> OverWaits() {
  std::stop_source stopped;
  stopped.request_stop();
  const std::stop_token stop = stopped.get_token();
  const std::stop_token no_stop;
  const std::chrono::seconds zero(0);
  const auto past = steady_clock::time_point::min();
  return {
      [=](auto& cv, auto& l) { cv.wait_for(l, zero); },
      [=](auto& cv, auto& l) { cv.wait_for(l, -std::chrono::hours(1)); },
      [=](auto& cv, auto& l) { cv.wait_for(l, absl::ZeroDuration()); },
      [=](auto& cv, auto& l) { cv.wait_until(l, past); },
      [=](auto& cv, auto& l) { cv.wait_for(l, zero, never); },
      [=](auto& cv, auto& l) { cv.wait_for(l, absl::Seconds(-1), never); },
      [=](auto& cv, auto& l) { cv.wait_until(l, past, never); },
      [=](auto& cv, auto& l) { cv.wait_for(l, no_stop, zero, never); },
      [=](auto& cv, auto& l) { cv.wait_until(l, no_stop, past, never); },
      [=](auto& cv, auto& l) { cv.wait(l, stop, never); },
      [=](auto& cv, auto& l) {
        cv.wait_for(l, stop, std::chrono::hours(1), never);
      },
      [=](auto& cv, auto& l) {
        cv.wait_until(l, stop, steady_clock::time_point::max(), never);
      },
  };
}

// A thread that polls like this holds the mutex for ever if a wait does not
// unlock.
TEST_P(ConditionUnlockTest, WaitIsOverAlready_AnotherGetsTheMutex) {
  Run([] {
    for (auto& wait : OverWaits<std::unique_lock<Mutex>>()) {
      Mutex mutex;
      ConditionVariable condition;
      bool flag = false;
      std::unique_lock lock(mutex);
      Thread setter([&] {
        const std::lock_guard guard(mutex);
        flag = true;
      });
      while (!flag) wait(condition, lock);
      EXPECT_TRUE(lock.owns_lock());
      EXPECT_FALSE(mutex.try_lock());
      EXPECT_TRUE(setter.Join().ok());
    }
  });
}

// No thread is preempted: the wait itself lets others run.
TEST_P(ConditionUnlockTest, WaitIsOverAlready_LetsOthersRun) {
  // The policy picks a yielding thread again until its ticks are used up, and
  // without ticks that is for ever.
  if (GetParam().scheduler == "linux-0.01") {
    GTEST_SKIP() << "who yields is chosen again under linux-0.01";
  }
  options_.preempt = false;
  Run([] {
    for (auto& wait : OverWaits<std::unique_lock<Mutex>>()) {
      Mutex mutex;
      ConditionVariable condition;
      bool flag = false;
      Thread setter([&] {
        const std::lock_guard guard(mutex);
        flag = true;
      });
      std::unique_lock lock(mutex);
      while (!flag) wait(condition, lock);
      lock.unlock();
      EXPECT_TRUE(setter.Join().ok());
    }
  });
}

TEST_P(ConditionUnlockTest, UsersLock_IsUnlockedAndLockedOnce) {
  Run([] {
    for (auto& wait : OverWaits<CountingLock>()) {
      CountingLock lock;
      ConditionVariable condition;
      lock.lock();
      wait(condition, lock);
      EXPECT_EQ(lock.unlocks, 1);
      EXPECT_EQ(lock.locks, 2);
      lock.unlock();
    }
  });
}

TEST_P(ConditionUnlockTest, UnlockThrows_PassesAndLeavesNoWaiter) {
  Run([] {
    ConditionVariable condition;
    CountingLock lock;
    lock.lock();
    lock.on_unlock = [] { throw std::runtime_error("unlock"); };
    for (int i = 0; i < 3; ++i) {
      EXPECT_THROW(condition.wait(lock), std::runtime_error);
      EXPECT_THROW(condition.wait_for(lock, absl::Hours(1)),
                   std::runtime_error);
      EXPECT_THROW(condition.wait_for(lock, absl::ZeroDuration()),
                   std::runtime_error);
    }
    // The exception of a std::unique_lock that is not locked.
    RecursiveMutex mutex;
    std::unique_lock unlocked(mutex, std::defer_lock);
    EXPECT_THROW(condition.wait(unlocked), std::system_error);
    lock.on_unlock = nullptr;
    lock.unlock();

    // The list is intact: a later waiter is woken.
    bool woken = false;
    Thread waiter([&] {
      lock.lock();
      condition.wait(lock);
      woken = true;
      lock.unlock();
    });
    AwaitBlocked(waiter);
    condition.notify_one();
    EXPECT_TRUE(waiter.Join().ok());
    EXPECT_TRUE(woken);
    // A ConditionVariable with waiting threads aborts when it is destroyed.
  });
}

TEST_P(ConditionUnlockTest, UnlockThrowsAfterANotification_AnotherGetsIt) {
  Run([] {
    ConditionVariable condition;
    Mutex mutex;
    bool through = false;
    CountingLock lock;
    lock.lock();
    Thread second;
    lock.on_unlock = [&] {
      // It is in the queue before `second`.
      second = Thread([&] {
        std::unique_lock guard(mutex);
        condition.wait(guard);
        through = true;
      });
      AwaitBlocked(second);
      condition.notify_one();
      throw std::runtime_error("unlock");
    };
    EXPECT_THROW(condition.wait(lock), std::runtime_error);
    EXPECT_TRUE(second.Join().ok());
    EXPECT_TRUE(through);
    lock.on_unlock = nullptr;
    lock.unlock();
  });
}

TEST_P(ConditionUnlockTest, UnlockThrowsAfterAStop_TakesNoNotification) {
  Run([] {
    ConditionVariable condition;
    CountingLock lock;
    lock.lock();
    std::stop_source stop;
    lock.on_unlock = [&] {
      stop.request_stop();
      throw std::runtime_error("unlock");
    };
    EXPECT_THROW(condition.wait(lock, stop.get_token(), never),
                 std::runtime_error);
    condition.notify_all();
    lock.on_unlock = nullptr;
    lock.unlock();
  });
}

TEST_P(ConditionUnlockTest, RunEndsDuringAnUnlock_LeavesNoWaiterBehind) {
  struct SlowLock {
    void lock() {}
    void unlock() { nobody_sets.Wait(); }
    Event nobody_sets;
  };
  // The stack of the thread that never ends.
  spare_slots_++;
  ConditionVariable condition;
  SlowLock lock;
  const absl::Status status =
      jiffy::Run(options_, [&] { condition.wait(lock); });
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  Run([&] {
    Mutex mutex;
    Thread waiter([&] {
      std::unique_lock held(mutex);
      condition.wait(held);
    });
    AwaitBlocked(waiter);
    condition.notify_one();
    EXPECT_TRUE(waiter.Join().ok());
  });
}

TEST_P(ConditionUnlockTest, LockThrowsAfterTheWait_Passes) {
  Run([] {
    ConditionVariable condition;
    CountingLock lock;
    lock.lock();
    lock.throws_on_lock = true;
    EXPECT_THROW(condition.wait_for(lock, absl::Microseconds(1)),
                 std::runtime_error);
    lock.mutex.lock();
    EXPECT_THROW(condition.wait_for(lock, absl::ZeroDuration()),
                 std::runtime_error);
    condition.notify_all();
  });
}

TEST_P(ConditionUnlockTest, PredicateThrows_PassesWithTheMutexHeld) {
  Run([] {
    ConditionVariable condition;
    Mutex mutex;
    std::unique_lock lock(mutex);
    int calls = 0;
    const auto predicate = [&]() -> bool {
      if (calls++ == 1) throw std::runtime_error("predicate");
      return false;
    };
    EXPECT_THROW(
        condition.wait_for(lock, std::chrono::microseconds(1), predicate),
        std::runtime_error);
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(mutex.try_lock());
    condition.notify_all();
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ConditionUnlockTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
