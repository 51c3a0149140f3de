// A green thread as libc's functions see it: it ends by pthread_exit and
// pthread_cancel as any thread does, and has a stack.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ThreadTest : public InterposeTest {};

// Records its destruction.
struct Witness {
  explicit Witness(int* count) : count_(count) {}
  ~Witness() { ++*count_; }
  int* count_;
};

TEST_P(ThreadTest, Exit_UnwindsAndEndsTheThread) {
  Run([] {
    int destroyed = 0;
    int handled = 0;
    bool went_on = false;
    // Slots are reused: one thread's state must not affect the next.
    for (int i = 0; i < 5; ++i) {
      Thread thread([&] {
        const Witness outer(&destroyed);
        pthread_cleanup_push([](void* count) { ++*static_cast<int*>(count); },
                             &handled);
        [&] {
          const Witness inner(&destroyed);
          pthread_exit(nullptr);
        }();
        pthread_cleanup_pop(0);
        went_on = true;
      });
      EXPECT_TRUE(thread.Join().ok());
    }
    EXPECT_EQ(destroyed, 10);
    EXPECT_EQ(handled, 5);
    EXPECT_FALSE(went_on);
  });
}

TEST_P(ThreadTest, Exit_RunsDestructorsOfThreadLocalObjects) {
  Run([] {
    static thread_local int* counter = nullptr;
    struct Local {
      ~Local() {
        if (counter != nullptr) ++*counter;
      }
    };
    int destroyed = 0;
    Thread thread([&] {
      counter = &destroyed;
      static thread_local Local local;
      (void)&local;
      pthread_exit(nullptr);
    });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(destroyed, 1);
  });
}

TEST_P(ThreadTest, FunctionOfTheRunExits_RunGoesOnUntilTheOthersEnd) {
  bool ended = false;
  Run([&] {
    ended = false;
    Thread other([&] {
      LetOthersRun();
      ended = true;
    });
    EXPECT_TRUE(other.Detach().ok());
    pthread_exit(nullptr);
  });
  EXPECT_TRUE(ended);
}

TEST_P(ThreadTest, AsyncExits_PromiseIsBroken) {
  Run([] {
    Future<int> future = Async([]() -> int { pthread_exit(nullptr); });
    EXPECT_THROW(future.get(), std::future_error);
  });
}

// A cancellation point.
void Sleep() { sleep(3600); }
void WaitInSemaphore() {
  sem_t none;
  sem_init(&none, 0, 0);
  sem_wait(&none);
}
void WaitInCondition() {
  pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
  pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(
      [](void* held) {
        EXPECT_EQ(pthread_mutex_unlock(static_cast<pthread_mutex_t*>(held)), 0);
      },
      &mutex);
  for (;;) pthread_cond_wait(&never, &mutex);
  pthread_cleanup_pop(0);
}
void Test() {
  for (;;) {
    pthread_testcancel();
    this_thread::SleepFor(absl::Microseconds(20));
  }
}
void JoinOsThread() {
  static std::atomic<bool> stop;
  stop = false;
  std::thread os_thread([] {
    while (!stop) std::this_thread::yield();
  });
  pthread_cleanup_push([](void*) { stop = true; }, nullptr);
  struct Join {
    std::thread& thread;
    ~Join() {
      stop = true;
      thread.join();
    }
  } join = {os_thread};
  pthread_join(os_thread.native_handle(), nullptr);
  pthread_cleanup_pop(0);
}

constexpr void (*kCancellationPoints[])() = {
    &Sleep, &WaitInSemaphore, &WaitInCondition, &Test, &JoinOsThread};

// Cancels each thread with `cancel`, before or during its wait.
template <typename Cancel>
void CancelEach(Cancel cancel) {
  for (const auto point : kCancellationPoints) {
    for (const bool early : {false, true}) {
      int destroyed = 0;
      pthread_t self = {};
      bool go = false;
      Thread thread([&] {
        const Witness witness(&destroyed);
        self = pthread_self();
        while (!go) this_thread::SleepFor(absl::Microseconds(20));
        point();
        ADD_FAILURE() << "was not cancelled";
      });
      while (self == pthread_t()) this_thread::SleepFor(absl::Microseconds(20));
      if (early) cancel(self);
      go = true;
      LetOthersRun();
      if (!early) cancel(self);
      EXPECT_TRUE(thread.Join().ok());
      EXPECT_EQ(destroyed, 1);
    }
  }
  // The next thread in the same slot finds none of that.
  Thread next([] {
    pthread_testcancel();
    usleep(10);
  });
  EXPECT_TRUE(next.Join().ok());
}

TEST_P(ThreadTest, Cancelled_EndsAtTheNextCancellationPoint) {
  Run([] {
    CancelEach([](pthread_t thread) { EXPECT_EQ(pthread_cancel(thread), 0); });
  });
}

TEST_P(ThreadTest, CancelledByAnOsThread_EndsToo) {
  Run([] {
    CancelEach([](pthread_t thread) {
      std::thread([thread] { EXPECT_EQ(pthread_cancel(thread), 0); }).join();
    });
  });
}

TEST_P(ThreadTest, CancellationIsOff_WaitGoesOn) {
  Run([] {
    sem_t permits;
    sem_init(&permits, 0, 0);
    pthread_t self = {};
    bool got_it = false;
    Thread thread([&] {
      self = pthread_self();
      pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
      EXPECT_EQ(sem_wait(&permits), 0);
      EXPECT_EQ(usleep(100), 0);
      got_it = true;
      pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
      pthread_testcancel();
      ADD_FAILURE() << "was not cancelled";
    });
    LetOthersRun();
    EXPECT_EQ(pthread_cancel(self), 0);
    LetOthersRun();
    EXPECT_FALSE(got_it);
    sem_post(&permits);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(got_it);
  });
}

TEST_P(ThreadTest, CancelsItself_AtOnceIfAsynchronous) {
  Run([] {
    int destroyed = 0;
    Thread thread([&] {
      const Witness witness(&destroyed);
      pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
      pthread_cancel(pthread_self());
      pthread_testcancel();
      ADD_FAILURE() << "was not cancelled";
    });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(destroyed, 1);
  });
}

TEST_P(ThreadTest, OsThreads_AreCancelledAsBefore) {
  Run([] {
    std::atomic<bool> sleeping{false};
    pthread_t os_thread;
    pthread_create(
        &os_thread, nullptr,
        [](void* flag) -> void* {
          *static_cast<std::atomic<bool>*>(flag) = true;
          for (;;) sleep(3600);
        },
        &sleeping);
    while (!sleeping) this_thread::SleepFor(absl::Microseconds(20));
    EXPECT_EQ(pthread_cancel(os_thread), 0);
    void* result = nullptr;
    EXPECT_EQ(pthread_join(os_thread, &result), 0);
    EXPECT_EQ(result, PTHREAD_CANCELED);
  });
}

TEST_P(ThreadTest, Join_OfAGreenThread_IsRefused) {
  Run([] {
    pthread_t main = pthread_self();
    EXPECT_EQ(pthread_join(main, nullptr), EDEADLK);
    Thread thread([&] { EXPECT_EQ(pthread_join(main, nullptr), EINVAL); });
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(ThreadTest, GetattrNp_TellsTheStack) {
  Run([] {
    const auto check = [](pthread_t thread, const void* on_stack,
                          size_t asked) {
      pthread_attr_t attributes;
      ASSERT_EQ(pthread_getattr_np(thread, &attributes), 0);
      void* low = nullptr;
      size_t size = 0;
      size_t guard = 0;
      pthread_attr_getstack(&attributes, &low, &size);
      pthread_attr_getguardsize(&attributes, &guard);
      EXPECT_GE(on_stack, low);
      EXPECT_LT(on_stack, static_cast<char*>(low) + size);
      EXPECT_GE(size, asked);
      EXPECT_LT(size, asked + asked / 4);
      EXPECT_EQ(guard, kDefaultGuardSize);
      EXPECT_EQ(pthread_attr_destroy(&attributes), 0);
    };
    constexpr size_t kSize = size_t{128} << 10;
    Thread thread({.stack_size = kSize}, [&] {
      int local = 0;
      check(pthread_self(), &local, kSize);
      const pthread_t self = pthread_self();
      std::thread([&] { check(self, &local, kSize); }).join();
    });
    EXPECT_TRUE(thread.Join().ok());
    // For an OS thread, libc answers.
    std::thread([] {
      pthread_attr_t attributes;
      EXPECT_EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
      EXPECT_EQ(pthread_attr_destroy(&attributes), 0);
    }).join();
  });
}

TEST_P(ThreadTest, GetSchedParam_TellsTheDefault) {
  Run([] {
    int policy = -1;
    sched_param parameters = {.sched_priority = 7};
    EXPECT_EQ(pthread_getschedparam(pthread_self(), &policy, &parameters), 0);
    EXPECT_EQ(policy, SCHED_OTHER);
    EXPECT_EQ(parameters.sched_priority, 0);
  });
}

INSTANTIATE_TEST_SUITE_P(, ThreadTest, InterposeModes(), InterposeModeName);

// Green threads that share the OS thread's block cannot end separately.
TEST(SharedTlsThreadTest, Cancel_IsRefused) {
  const absl::Status status = jiffy::Run({.shared_tls = true}, [] {
    EXPECT_EQ(pthread_cancel(pthread_self()), ENOTSUP);
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST(SharedTlsThreadDeathTest, Exit_SaysWhatIsWrong) {
  EXPECT_DEATH(jiffy::Run({.shared_tls = true}, [] { pthread_exit(nullptr); })
                   .IgnoreError(),
               "pthread_exit in a green thread that shares thread-local "
               "storage");
}

}  // namespace
}  // namespace jiffy
