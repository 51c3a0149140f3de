// libc's timed waits accept every time: an invalid time is refused, a past time
// ends the wait at once, and a far time does not end it.
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

constexpr time_t kMost = std::numeric_limits<time_t>::max();
constexpr time_t kLeast = std::numeric_limits<time_t>::min();

// Objects that are held by the thread that makes them, or not yet signalled.
struct Objects {
  Objects() {
    sem_init(&semaphore, 0, 0);
    pthread_mutex_lock(&mutex);
    pthread_rwlock_wrlock(&rwlock);
  }
  ~Objects() {
    sem_destroy(&semaphore);
    pthread_mutex_destroy(&mutex);
    pthread_rwlock_destroy(&rwlock);
    pthread_cond_destroy(&condition);
  }
  // The event that all waits below wait for.
  void Make() {
    sem_post(&semaphore);
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_unlock(&rwlock);
    pthread_mutex_lock(&condition_mutex);
    came = true;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&condition_mutex);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }

  sem_t semaphore;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
  pthread_mutex_t condition_mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  bool came = false;
  uint32_t word = 0;
};

struct Wait {
  std::string name;
  // Returns the error; 0 if the wait succeeded.
  std::function<int(Objects&, const timespec*)> wait;
};

int Errno(int result) { return result == 0 ? 0 : errno; }

int Unlocked(int error, pthread_mutex_t* mutex) {
  if (error == 0) pthread_mutex_unlock(mutex);
  return error;
}

int Unlocked(int error, pthread_rwlock_t* lock) {
  if (error == 0) pthread_rwlock_unlock(lock);
  return error;
}

int Condition(Objects& o, const std::function<int()>& wait) {
  pthread_mutex_lock(&o.condition_mutex);
  int error = 0;
  while (!o.came && error == 0) error = wait();
  EXPECT_EQ(pthread_mutex_unlock(&o.condition_mutex), 0);
  return error;
}

std::vector<Wait> AbsoluteWaits() {
  using Time = const timespec*;
  std::vector<Wait> waits = {
      {"sem_timedwait",
       [](Objects& o, Time t) {
         return Errno(sem_timedwait(&o.semaphore, t));
       }},
      {"pthread_mutex_timedlock",
       [](Objects& o, Time t) {
         return Unlocked(pthread_mutex_timedlock(&o.mutex, t), &o.mutex);
       }},
      {"pthread_rwlock_timedrdlock",
       [](Objects& o, Time t) {
         return Unlocked(pthread_rwlock_timedrdlock(&o.rwlock, t), &o.rwlock);
       }},
      {"pthread_rwlock_timedwrlock",
       [](Objects& o, Time t) {
         return Unlocked(pthread_rwlock_timedwrlock(&o.rwlock, t), &o.rwlock);
       }},
      {"pthread_cond_timedwait",
       [](Objects& o, Time t) {
         return Condition(o, [&] {
           return pthread_cond_timedwait(&o.condition, &o.condition_mutex, t);
         });
       }},
  };
  for (const clockid_t clock : {CLOCK_MONOTONIC, CLOCK_REALTIME}) {
    const std::string name = clock == CLOCK_MONOTONIC ? " (monotonic)" : "";
    waits.push_back({"sem_clockwait" + name, [clock](Objects& o, Time t) {
                       return Errno(sem_clockwait(&o.semaphore, clock, t));
                     }});
    waits.push_back(
        {"pthread_mutex_clocklock" + name, [clock](Objects& o, Time t) {
           return Unlocked(pthread_mutex_clocklock(&o.mutex, clock, t),
                           &o.mutex);
         }});
    waits.push_back(
        {"pthread_rwlock_clockrdlock" + name, [clock](Objects& o, Time t) {
           return Unlocked(pthread_rwlock_clockrdlock(&o.rwlock, clock, t),
                           &o.rwlock);
         }});
    waits.push_back(
        {"pthread_rwlock_clockwrlock" + name, [clock](Objects& o, Time t) {
           return Unlocked(pthread_rwlock_clockwrlock(&o.rwlock, clock, t),
                           &o.rwlock);
         }});
    waits.push_back(
        {"pthread_cond_clockwait" + name, [clock](Objects& o, Time t) {
           return Condition(o, [&] {
             return pthread_cond_clockwait(&o.condition, &o.condition_mutex,
                                           clock, t);
           });
         }});
    const long operation = FUTEX_WAIT_BITSET_PRIVATE |
                           (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0);
    waits.push_back({"futex" + name, [operation](Objects& o, Time t) {
                       return Errno(static_cast<int>(
                           syscall(SYS_futex, &o.word, operation, 0, t, nullptr,
                                   FUTEX_BITSET_MATCH_ANY)));
                     }});
  }
  return waits;
}

class TimeoutTest : public InterposeTest {
 protected:
  TimeoutTest() { repetitions_ = 1; }
};

// Returns the error of a wait by a thread that holds nothing.
template <typename Thread>
int ErrorOf(const Wait& wait, const timespec& time) {
  Objects objects;
  int error = -1;
  Thread thread([&] { error = wait.wait(objects, &time); });
  if constexpr (std::is_same_v<Thread, std::thread>) {
    thread.join();
  } else {
    EXPECT_TRUE(thread.Join().ok());
  }
  objects.Make();
  return error;
}

TEST_P(TimeoutTest, NoTime_IsRefused) {
  Run([] {
    for (const Wait& wait : AbsoluteWaits()) {
      SCOPED_TRACE(wait.name);
      for (const long ns :
           {-1L, 1'000'000'000L, std::numeric_limits<long>::max(),
            std::numeric_limits<long>::min()}) {
        const timespec time = {.tv_sec = kMost, .tv_nsec = ns};
        EXPECT_EQ(ErrorOf<Thread>(wait, time), EINVAL);
      }
    }
  });
}

// As in libc and in the kernel, which accepts no negative time.
TEST_P(TimeoutTest, PastTime_EndsTheWaitAtOnce_AsInAnOsThread) {
  Run([] {
    for (const Wait& wait : AbsoluteWaits()) {
      SCOPED_TRACE(wait.name);
      for (const timespec& time :
           {timespec{.tv_sec = 0, .tv_nsec = 0},
            timespec{.tv_sec = -1, .tv_nsec = 999'999'999},
            timespec{.tv_sec = kLeast, .tv_nsec = 0}}) {
        const int error = ErrorOf<Thread>(wait, time);
        EXPECT_EQ(error, wait.name.starts_with("futex") && time.tv_sec < 0
                             ? EINVAL
                             : ETIMEDOUT);
        EXPECT_EQ(error, ErrorOf<std::thread>(wait, time)) << time.tv_sec;
      }
    }
  });
}

TEST_P(TimeoutTest, FarTime_DoesNotEndTheWait) {
  Run([] {
    for (const Wait& wait : AbsoluteWaits()) {
      SCOPED_TRACE(wait.name);
      Objects objects;
      const timespec time = {.tv_sec = kMost, .tv_nsec = 999'999'999};
      int error = -1;
      Thread thread([&] { error = wait.wait(objects, &time); });
      while (thread.Stats().voluntary_switches == 0) LetOthersRun();
      EXPECT_EQ(error, -1);
      objects.Make();
      EXPECT_TRUE(thread.Join().ok());
      EXPECT_EQ(error, 0);
    }
  });
}

// A thread polls a condition, and holds the mutex except during the polls.
TEST_P(TimeoutTest, ConditionsTimeIsOver_AnotherGetsTheMutex) {
  Run([] {
    const timespec past = {.tv_sec = 0, .tv_nsec = 0};
    const auto check = [&](const auto& wait) {
      pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
      pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
      bool flag = false;
      pthread_mutex_lock(&mutex);
      Thread setter([&] {
        pthread_mutex_lock(&mutex);
        flag = true;
        pthread_mutex_unlock(&mutex);
      });
      while (!flag) EXPECT_EQ(wait(&condition, &mutex), ETIMEDOUT);
      EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
      EXPECT_TRUE(setter.Join().ok());
    };
    check([&](pthread_cond_t* condition, pthread_mutex_t* mutex) {
      return pthread_cond_timedwait(condition, mutex, &past);
    });
    check([&](pthread_cond_t* condition, pthread_mutex_t* mutex) {
      return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &past);
    });
  });
}

TEST_P(TimeoutTest, FutexDuration_IsNoTimeOfAClock) {
  Run([] {
    uint32_t word = 0;
    const timespec none = {.tv_sec = 0, .tv_nsec = 0};
    const timespec negative = {.tv_sec = -1, .tv_nsec = 0};
    const auto wait = [&](long operation, const timespec* time) {
      return Errno(static_cast<int>(
          syscall(SYS_futex, &word, operation, 0, time, nullptr, 0)));
    };
    EXPECT_EQ(wait(FUTEX_WAIT_PRIVATE, &none), ETIMEDOUT);
    EXPECT_EQ(wait(FUTEX_WAIT_PRIVATE, &negative), EINVAL);
    EXPECT_EQ(wait(FUTEX_WAIT_PRIVATE | FUTEX_CLOCK_REALTIME, &none), ENOSYS);
  });
}

TEST_P(TimeoutTest, Sleep_TakesTheTimesThatTheKernelTakes) {
  Run([] {
    const auto errors = [] {
      std::vector<int> all;
      for (const clockid_t clock :
           {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME}) {
        for (const timespec& time :
             {timespec{.tv_sec = 0, .tv_nsec = 0},
              timespec{.tv_sec = 0, .tv_nsec = -1},
              timespec{.tv_sec = -1, .tv_nsec = 0},
              timespec{.tv_sec = kLeast, .tv_nsec = 0},
              timespec{.tv_sec = 0, .tv_nsec = 1'000'000'000}}) {
          for (const int flags : {0, TIMER_ABSTIME}) {
            all.push_back(clock_nanosleep(clock, flags, &time, nullptr));
          }
        }
      }
      return all;
    };
    std::vector<int> in_os_thread;
    std::thread([&] { in_os_thread = errors(); }).join();
    EXPECT_EQ(errors(), in_os_thread);
  });
}

INSTANTIATE_TEST_SUITE_P(, TimeoutTest, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
