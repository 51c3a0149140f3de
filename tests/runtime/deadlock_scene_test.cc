// Which of several waiting threads could still be woken, tested with scenes
// that last some nanoseconds in a real run.
#include "gtest/gtest.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/debug/deadlock.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// A thread that waits for a mutex.
class DeadlockSceneTest : public testing::Test {
 protected:
  DeadlockSceneTest() {
    task_.wait_kind = WaitKind::kMutex;
    task_.wait_object = &mutex_;
    task_.parker = &parker_;
    parker_.waiters = &waiter_;
    const LockGuard guard(lock_);
    list_.PushBack(&waiter_, lock_);
  }

  Task task_ = {};
  Owned mutex_;
  Parker parker_;
  Waiter waiter_{&parker_};
  BiasedLock lock_;
  WaitList list_;
};

TEST_F(DeadlockSceneTest, OsThreadHasHandedTheMutexOver_WakeUpIsOnItsWay) {
  mutex_.SetOwner(static_cast<signals::TaskHead*>(&task_));
  EXPECT_FALSE(MayBeWokenFromOutside(&task_));
  {
    const LockGuard guard(lock_);
    list_.Remove(&waiter_);
  }
  EXPECT_TRUE(MayBeWokenFromOutside(&task_));
}

TEST_F(DeadlockSceneTest, MutexIsAnOsThreads_ItMayUnlock) {
  mutex_.SetOwner(SelfId());
  EXPECT_TRUE(MayBeWokenFromOutside(&task_));
}

}  // namespace
}  // namespace jiffy::internal
