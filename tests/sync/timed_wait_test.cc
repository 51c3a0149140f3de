// Every timed wait accepts every time: a past time ends the wait at once,
// however old it is, and a far time does not end it.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <ratio>
#include <shared_mutex>
#include <stop_token>
#include <type_traits>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using std::chrono::time_point;

// Each is a kind of wait: Until and For return whether the event came in time,
// Make makes it come. Different threads make it and wait for it.

struct SemaphoreWait {
  bool Until(auto time) { return semaphore.try_acquire_until(time); }
  bool For(auto timeout) { return semaphore.try_acquire_for(timeout); }
  void Make() { semaphore.release(); }
  BinarySemaphore semaphore{0};
};

template <typename Lockable>
struct LockWait {
  LockWait() { lockable.lock(); }
  bool Until(auto time) { return Unlocked(lockable.try_lock_until(time)); }
  bool For(auto timeout) { return Unlocked(lockable.try_lock_for(timeout)); }
  void Make() { lockable.unlock(); }
  bool Unlocked(bool locked) {
    if (locked) lockable.unlock();
    return locked;
  }
  Lockable lockable;
};

struct SharedLockWait : LockWait<SharedMutex> {
  bool Until(auto time) {
    return Unlocked(lockable.try_lock_shared_until(time));
  }
  bool For(auto timeout) {
    return Unlocked(lockable.try_lock_shared_for(timeout));
  }
  bool Unlocked(bool locked) {
    if (locked) lockable.unlock_shared();
    return locked;
  }
};

struct ConditionWait {
  bool Until(auto time) {
    std::unique_lock lock(mutex);
    return condition.wait_until(lock, time) == std::cv_status::no_timeout;
  }
  bool For(auto timeout) {
    std::unique_lock lock(mutex);
    return condition.wait_for(lock, timeout) == std::cv_status::no_timeout;
  }
  void Make() {
    const std::lock_guard lock(mutex);
    came = true;
    condition.notify_all();
  }
  Mutex mutex;
  ConditionVariable condition;
  bool came = false;
};

struct PredicateWait : ConditionWait {
  bool Until(auto time) {
    std::unique_lock lock(mutex);
    return condition.wait_until(lock, time, [this] { return came; });
  }
  bool For(auto timeout) {
    std::unique_lock lock(mutex);
    return condition.wait_for(lock, timeout, [this] { return came; });
  }
};

struct StoppableWait : PredicateWait {
  bool Until(auto time) {
    std::unique_lock lock(mutex);
    return condition.wait_until(lock, stop.get_token(), time,
                                [this] { return came; });
  }
  std::stop_source stop;
};

struct FutureWait {
  bool Until(auto time) {
    return future.wait_until(time) == std::future_status::ready;
  }
  bool For(auto timeout) {
    return future.wait_for(timeout) == std::future_status::ready;
  }
  void Make() { promise.set_value(); }
  Promise<void> promise;
  Future<void> future = promise.get_future();
};

struct StoppedSleep {
  // It waits to be stopped.
  bool Until(auto time) {
    return this_thread::SleepUntil(time, stop.get_token()) ==
           WaitResult::kStopped;
  }
  bool For(absl::Duration timeout) {
    return this_thread::SleepFor(timeout, stop.get_token()) ==
           WaitResult::kStopped;
  }
  void Make() { stop.request_stop(); }
  std::stop_source stop;
};

template <typename Wait>
class TimedWaitTest : public RunTest {
 protected:
  TimedWaitTest() { repetitions_ = 1; }

  // Not templates of the time's type, since there are many.
  static void ExpectOver(absl::FunctionRef<bool(Wait&)> wait_for_it) {
    Wait wait;
    Thread thread([&] { EXPECT_FALSE(wait_for_it(wait)); });
    EXPECT_TRUE(thread.Join().ok());
    wait.Make();
  }
  static void ExpectNotOver(absl::FunctionRef<bool(Wait&)> wait_for_it) {
    Wait wait;
    Thread thread([&] { EXPECT_TRUE(wait_for_it(wait)); });
    AwaitBlocked(thread);
    wait.Make();
    EXPECT_TRUE(thread.Join().ok());
  }
};

using Waits =
    ::testing::Types<SemaphoreWait, LockWait<TimedMutex>,
                     LockWait<RecursiveTimedMutex>, LockWait<SharedMutex>,
                     SharedLockWait, ConditionWait, PredicateWait,
                     StoppableWait, FutureWait, StoppedSleep>;
TYPED_TEST_SUITE(TimedWaitTest, Waits);

using Hours = std::chrono::hours;
using Unsigned = duration<uint64_t, std::nano>;

TYPED_TEST(TimedWaitTest, PastTime_EndsItAtOnce) {
  const auto check = [](auto time) {
    TestFixture::ExpectOver([=](TypeParam& wait) { return wait.Until(time); });
  };
  this->Run([&] {
    check(steady_clock::time_point::min());
    check(steady_clock::now() - std::chrono::nanoseconds(1));
    check(system_clock::time_point::min());
    check(system_clock::time_point());
    check(time_point<steady_clock, Hours>::min());
    check(time_point<system_clock, Hours>::min());
    check(time_point<steady_clock, Unsigned>());
    check(time_point<steady_clock, duration<double>>::min());
  });
}

TYPED_TEST(TimedWaitTest, FarTime_DoesNotEndIt) {
  const auto check = [](auto time) {
    TestFixture::ExpectNotOver(
        [=](TypeParam& wait) { return wait.Until(time); });
  };
  this->Run([&] {
    check(steady_clock::time_point::max());
    check(system_clock::time_point::max());
    check(time_point<steady_clock, Hours>::max());
    check(time_point<system_clock, Hours>::max());
    check(time_point<steady_clock, Unsigned>::max());
    check(time_point<steady_clock, duration<double>>::max());
    check(time_point<system_clock, duration<float>>::max());
  });
}

TYPED_TEST(TimedWaitTest, NoTime_EndsItAtOnce) {
  const auto check = [](auto timeout) {
    TestFixture::ExpectOver([=](TypeParam& wait) { return wait.For(timeout); });
  };
  this->Run([&] {
    check(absl::ZeroDuration());
    check(-absl::InfiniteDuration());
    if constexpr (!std::is_same_v<TypeParam, StoppedSleep>) {
      check(std::chrono::seconds(0));
      check(Hours::min());
      check(duration<double>(-1e300));
    }
  });
}

TYPED_TEST(TimedWaitTest, LongTime_DoesNotEndIt) {
  const auto check = [](auto timeout) {
    TestFixture::ExpectNotOver(
        [=](TypeParam& wait) { return wait.For(timeout); });
  };
  this->Run([&] {
    check(absl::InfiniteDuration());
    check(absl::Hours(24 * 365 * 1000));
    if constexpr (!std::is_same_v<TypeParam, StoppedSleep>) {
      check(std::chrono::nanoseconds::max());
      check(Hours::max());
      check(duration<uint64_t>::max());
      check(duration<double>::max());
    }
  });
}

}  // namespace
}  // namespace jiffy
