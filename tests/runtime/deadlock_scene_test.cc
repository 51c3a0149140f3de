// Which threads that all wait could still be woken, by scenes that no run shows
// for longer than some nanoseconds.
#include "gtest/gtest.h"
#include "runtime/biased_lock.h"
#include "runtime/deadlock.h"
#include "runtime/task.h"
#include "runtime/waiter.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

TEST(DeadlockSceneTest, OsThreadHasHandedAMutexOver_WakeUpIsOnItsWay) {
  Task task = {};
  Owned mutex;
  task.wait_kind = WaitKind::kMutex;
  task.wait_object = &mutex;
  mutex.SetOwner(static_cast<signals::TaskHead*>(&task));
  Parker parker;
  Waiter waiter(&parker);
  parker.waiters = &waiter;
  task.parker = &parker;
  BiasedLock lock;
  WaitList list;
  {
    const LockGuard guard(lock);
    list.PushBack(&waiter, lock);
  }
  EXPECT_FALSE(MayBeWokenFromOutside(&task));
  {
    const LockGuard guard(lock);
    list.Remove(&waiter);
  }
  EXPECT_TRUE(MayBeWokenFromOutside(&task));
}

TEST(DeadlockSceneTest, MutexIsAnOsThreads_ItMayUnlock) {
  Task task = {};
  Owned mutex;
  task.wait_kind = WaitKind::kMutex;
  task.wait_object = &mutex;
  mutex.SetOwner(SelfId());
  EXPECT_TRUE(MayBeWokenFromOutside(&task));
}

}  // namespace
}  // namespace jiffy::internal
