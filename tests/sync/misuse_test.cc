// Misuse ends the program with a message that says who did what.
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class MisuseDeathTest : public ::testing::Test {
 protected:
  MisuseDeathTest() {
    // The child alone starts runs, and other threads.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

void InRun(absl::FunctionRef<void()> fn) { Run({}, fn).IgnoreError(); }

TEST_F(MisuseDeathTest, MutexUnlockedByAnother) {
  EXPECT_DEATH(
      InRun([] {
        Mutex mutex;
        mutex.lock();
        Thread({.name = "thief"}, [&] { mutex.unlock(); }).Join().IgnoreError();
      }),
      "jiffy: unlock of a mutex by thread 'thief' .#2.: another "
      "thread holds it");
}

TEST_F(MisuseDeathTest, MutexUnlockedThatNobodyHolds) {
  EXPECT_DEATH(
      {
        Mutex mutex;
        mutex.unlock();
      },
      "jiffy: unlock of a mutex by an OS thread: nobody holds it");
  EXPECT_DEATH(InRun([] { RecursiveMutex().unlock(); }), "nobody holds it");
}

TEST_F(MisuseDeathTest, MutexDestroyedWhileThreadsWait) {
  EXPECT_DEATH(InRun([] {
                 auto* mutex = new Mutex;
                 mutex->lock();
                 Thread thread([&] { mutex->lock(); });
                 this_thread::SleepFor(absl::Milliseconds(1));
                 delete mutex;
               }),
               "destruction of a mutex by thread 'main' .#1.: threads wait for "
               "it");
}

TEST_F(MisuseDeathTest, MutexDestroyedWhileHeld_IsReported) {
  const CapturedStderr captured;
  InRun([] {
    Mutex mutex;
    mutex.lock();
  });
  EXPECT_EQ(
      captured.Text(),
      "jiffy: destruction of a mutex by thread 'main' (#1): it is held\n");
}

TEST_F(MisuseDeathTest, SharedMutex) {
  EXPECT_DEATH(SharedMutex().unlock(), "nobody holds it exclusively");
  EXPECT_DEATH(SharedMutex().unlock_shared(), "nobody holds it shared");
}

TEST_F(MisuseDeathTest, ConditionVariableWithoutTheMutex) {
  EXPECT_DEATH(InRun([] {
                 Mutex mutex;
                 std::unique_lock lock(mutex);
                 lock.unlock();
                 ConditionVariable().wait(lock);
               }),
               "wait in a ConditionVariable by thread 'main' .#1.: it does not "
               "hold the mutex");
}

TEST_F(MisuseDeathTest, CountsThatCannotBe) {
  EXPECT_DEATH(CountingSemaphore<>(-1), "construction of a semaphore");
  EXPECT_DEATH(BinarySemaphore(2), "construction of a semaphore");
  EXPECT_DEATH(BinarySemaphore(1).release(), "release of a semaphore");
  EXPECT_DEATH(Latch(-1), "construction of a Latch");
  EXPECT_DEATH(Latch(1).count_down(2), "count_down of a Latch");
  EXPECT_DEATH(Barrier<>(-1), "construction of a Barrier");
  EXPECT_DEATH((void)Barrier<>(1).arrive(2), "arrival at a Barrier");
  EXPECT_DEATH(WaitGroup().Done(), "WaitGroup.*below zero");
}

template <typename T>
void DestroyWhileAThreadWaits(T* object, absl::FunctionRef<void()> wait) {
  InRun([&] {
    Thread thread([&] { wait(); });
    this_thread::SleepFor(absl::Milliseconds(1));
    delete object;
  });
}

TEST_F(MisuseDeathTest, DestroyedWhileThreadsWait) {
  EXPECT_DEATH(
      {
        auto* o = new Event;
        DestroyWhileAThreadWaits(o, [&] { o->Wait(); });
      },
      "destruction of an Event");
  EXPECT_DEATH(
      {
        auto* o = new Latch(1);
        DestroyWhileAThreadWaits(o, [&] { o->wait(); });
      },
      "destruction of a Latch");
  EXPECT_DEATH(
      {
        auto* o = new Channel<int>;
        DestroyWhileAThreadWaits(o, [&] { o->Receive(); });
      },
      "destruction of a Channel");
  EXPECT_DEATH(
      {
        auto* o = new Timer;
        DestroyWhileAThreadWaits(o, [&] { o->Wait(); });
      },
      "destruction of a Timer");
}

}  // namespace
}  // namespace jiffy
