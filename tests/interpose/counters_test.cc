// Semaphores, barriers, latches, pthread_once and std::call_once.
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <deque>
#include <latch>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class CountersTest : public InterposeTest {};

struct PosixSemaphore {
  explicit PosixSemaphore(unsigned value, bool shared = false) {
    sem_init(&semaphore, shared, value);
  }
  ~PosixSemaphore() { sem_destroy(&semaphore); }
  void acquire() { EXPECT_EQ(sem_wait(&semaphore), 0); }
  void release() { EXPECT_EQ(sem_post(&semaphore), 0); }
  sem_t semaphore;
};

// Each pair, a green and an OS thread, hands a permit back and forth.
template <typename Semaphore>
void HandOver() {
  struct Pair {
    Semaphore there{0};
    Semaphore back{0};
  };
  constexpr int kRounds = 300;
  std::deque<Pair> pairs(3);
  std::deque<Thread> threads;
  std::vector<std::thread> os_threads;
  for (Pair& pair : pairs) {
    const auto serve = [&pair] {
      for (int i = 0; i < kRounds; ++i) {
        pair.there.acquire();
        pair.back.release();
      }
    };
    if (&pair == &pairs[0]) {
      threads.emplace_back(serve);
    } else {
      os_threads.emplace_back(serve);
    }
    threads.emplace_back([&pair] {
      for (int i = 0; i < kRounds; ++i) {
        pair.there.release();
        pair.back.acquire();
      }
    });
  }
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  for (std::thread& thread : os_threads) thread.join();
}

TEST_P(CountersTest, PosixSemaphore_HandsOver) {
  Run(&HandOver<PosixSemaphore>);
}
TEST_P(CountersTest, StdSemaphore_HandsOver) {
  Run(&HandOver<std::counting_semaphore<>>);
}

// Ticks come between the check of the semaphore and the wait, too.
TEST_P(CountersTest, PreemptedAnywhere_LosesNoPost) {
  constexpr int kRounds = 20'000;
  repetitions_ = 1;
  Run([] {
    PosixSemaphore there(0);
    PosixSemaphore back(0);
    Thread server([&] {
      for (int i = 0; i < kRounds; ++i) {
        there.acquire();
        back.release();
      }
    });
    for (int i = 0; i < kRounds; ++i) {
      there.release();
      back.acquire();
    }
    EXPECT_TRUE(server.Join().ok());
  });
}

// All threads want one semaphore, so woken threads often come too late.
TEST_P(CountersTest, SemaphoreAsALock_LosesNoPermit) {
  Run([] {
    PosixSemaphore one(1);
    int inside = 0;
    const auto work = [&](bool green) {
      for (int i = 0; i < 500; ++i) {
        one.acquire();
        EXPECT_EQ(inside++, 0);
        if (green && i % 8 == 0) this_thread::Yield();
        EXPECT_EQ(--inside, 0);
        one.release();
      }
    };
    std::deque<Thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work, true);
    std::thread os_thread(work, false);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    os_thread.join();
    int value = 0;
    sem_getvalue(&one.semaphore, &value);
    EXPECT_EQ(value, 1);
  });
}

TEST_P(CountersTest, SemaphoreTimeouts_AreLibcs) {
  Run([] {
    const auto check = [] {
      PosixSemaphore none(0);
      timespec time = {.tv_sec = 1, .tv_nsec = 0};
      EXPECT_EQ(sem_timedwait(&none.semaphore, &time), -1);
      EXPECT_EQ(errno, ETIMEDOUT);
      time.tv_nsec = 1'000'000'000;
      EXPECT_EQ(sem_timedwait(&none.semaphore, &time), -1);
      EXPECT_EQ(errno, EINVAL);
      clock_gettime(CLOCK_MONOTONIC, &time);
      EXPECT_EQ(sem_clockwait(&none.semaphore, CLOCK_MONOTONIC, &time), -1);
      EXPECT_EQ(errno, ETIMEDOUT);
      EXPECT_EQ(sem_clockwait(&none.semaphore, CLOCK_PROCESS_CPUTIME_ID, &time),
                -1);
      EXPECT_EQ(errno, EINVAL);
      none.release();
      errno = 42;
      EXPECT_EQ(sem_timedwait(&none.semaphore, &time), 0);
      EXPECT_EQ(errno, 42);
    };
    Thread green(check);
    EXPECT_TRUE(green.Join().ok());
    std::thread(check).join();
    std::counting_semaphore<> none(0);
    EXPECT_FALSE(none.try_acquire_for(std::chrono::milliseconds(1)));
  });
}

TEST_P(CountersTest, SharedSemaphore_GreenThreadLooksAgainByItself) {
  Run([] {
    PosixSemaphore shared(0, true);
    Thread waiter([&] { shared.acquire(); });
    LetOthersRun();
    // Not by sem_post, since another process' post is not seen either: the
    // value is the lower half of the first word.
    reinterpret_cast<std::atomic<uint32_t>*>(&shared.semaphore)->fetch_add(1);
    EXPECT_TRUE(waiter.Join().ok());
  });
}

sem_t* posted_by_handler = nullptr;
std::atomic<int> posts_delivered{0};

// The signal finds the worker idle, in a green thread, or anywhere in the
// runtime.
TEST_P(CountersTest, SignalHandlerPosts_NoPostIsLost) {
  constexpr int kPosts = 3000;
  PosixSemaphore permits(0);
  posted_by_handler = &permits.semaphore;
  struct sigaction action = {};
  struct sigaction old;
  action.sa_handler = [](int) {
    const int saved_errno = errno;
    sem_post(posted_by_handler);
    posts_delivered.fetch_add(1);
    errno = saved_errno;
  };
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, &old);
  posts_delivered = 0;
  const pthread_t worker = pthread_self();
  repetitions_ = 1;
  Run([&] {
    std::atomic<int> taken{0};
    std::atomic<bool> over{false};
    std::deque<Thread> threads;
    // These threads keep the table, the queues and the timers busy.
    std::mutex mutex;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (!over) {
          for (int round = 0; round < 20; ++round) {
            const std::lock_guard lock(mutex);
            this_thread::Yield();
          }
          this_thread::SleepFor(absl::Microseconds(30));
        }
      });
    }
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        while (taken.fetch_add(1) < kPosts) permits.acquire();
        over = true;
      });
    }
    std::thread killer([&] {
      for (int i = 0; i < kPosts; ++i) {
        pthread_kill(worker, SIGUSR1);
        // Otherwise the kernel would merge two signals.
        while (posts_delivered <= i) std::this_thread::yield();
        // Lets the worker become idle.
        if (i % 64 == 0) usleep(200);
      }
    });
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    killer.join();
  });
  sigaction(SIGUSR1, &old, nullptr);
}

template <typename Arrive>
void MeetOften(Arrive arrive) {
  constexpr int kRounds = 200;
  std::atomic<int> arrived{0};
  const auto work = [&] {
    for (int round = 1; round <= kRounds; ++round) {
      arrived++;
      arrive();
      EXPECT_GE(arrived, 4 * round);
      arrive();
    }
  };
  std::deque<Thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(work);
  std::thread os_thread(work);
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  os_thread.join();
}

TEST_P(CountersTest, PosixBarrier_GreenAndOsThreadsMeet) {
  Run([] {
    pthread_barrier_t barrier;
    EXPECT_EQ(pthread_barrier_init(&barrier, nullptr, 0), EINVAL);
    EXPECT_EQ(pthread_barrier_init(&barrier, nullptr, 4), 0);
    std::atomic<int> last{0};
    MeetOften([&] {
      const int result = pthread_barrier_wait(&barrier);
      if (result == PTHREAD_BARRIER_SERIAL_THREAD) {
        last++;
      } else {
        EXPECT_EQ(result, 0);
      }
    });
    EXPECT_EQ(last, 2 * 200);
    EXPECT_EQ(pthread_barrier_destroy(&barrier), 0);
  });
}

// The first thread to leave may destroy the barrier.
TEST_P(CountersTest, PosixBarrier_MayBeDestroyedByTheFirstToLeave) {
  Run([] {
    for (int i = 0; i < 50; ++i) {
      auto* barrier = new pthread_barrier_t;
      pthread_barrier_init(barrier, nullptr, 3);
      std::atomic<bool> first{true};
      const auto work = [&] {
        pthread_barrier_wait(barrier);
        if (!first.exchange(false)) return;
        EXPECT_EQ(pthread_barrier_destroy(barrier), 0);
        memset(static_cast<void*>(barrier), 0xff, sizeof *barrier);
        delete barrier;
      };
      Thread a(work);
      Thread b(work);
      Thread c(work);
      for (Thread* thread : {&a, &b, &c}) EXPECT_TRUE(thread->Join().ok());
    }
  });
}

TEST_P(CountersTest, SharedBarrier_IsLibcs) {
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_t barrier;
  EXPECT_EQ(pthread_barrier_init(&barrier, &attributes, 2), 0);
  std::thread other([&] { pthread_barrier_wait(&barrier); });
  pthread_barrier_wait(&barrier);
  other.join();
  EXPECT_EQ(pthread_barrier_destroy(&barrier), 0);
}

TEST_P(CountersTest, StdBarrier_GreenAndOsThreadsMeet) {
  Run([] {
    std::barrier barrier(4);
    MeetOften([&] { barrier.arrive_and_wait(); });
  });
}

TEST_P(CountersTest, Latch_OpensForAll) {
  Run([] {
    std::latch latch(4);
    std::deque<Thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] { latch.arrive_and_wait(); });
    }
    std::thread os_thread([&] { latch.arrive_and_wait(); });
    latch.wait();
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    os_thread.join();
  });
}

TEST_P(CountersTest, CallOnce_RoutineSleeps_OthersPark) {
  Run([] {
    std::once_flag flag;
    int calls = 0;
    std::atomic<int> passed{0};
    const auto work = [&] {
      std::call_once(flag, [&] {
        LetOthersRun();
        calls++;
      });
      EXPECT_EQ(calls, 1);
      passed++;
    };
    std::deque<Thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    std::thread os_thread(work);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    os_thread.join();
    EXPECT_EQ(passed, 5);
  });
}

TEST_P(CountersTest, CallOnce_Throws_NextCallsAgain) {
  Run([] {
    std::once_flag flag;
    int tries = 0;
    int thrown = 0;
    std::deque<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        try {
          std::call_once(flag, [&] {
            this_thread::SleepFor(absl::Microseconds(50));
            if (++tries < 3) throw std::runtime_error("not yet");
          });
        } catch (const std::runtime_error&) {
          thrown++;
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(tries, 3);
    EXPECT_EQ(thrown, 2);
  });
}

INSTANTIATE_TEST_SUITE_P(, CountersTest, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
