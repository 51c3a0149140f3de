// Waits through syscall(SYS_futex): futures, atomic waits, the guards of static
// objects, Abseil's locks; and the call itself.
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <future>
#include <stdexcept>
#include <thread>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/interpose/interpose_fixture.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class FutexTest : public InterposeTest {};

TEST_P(FutexTest, Future_OfGreenThread) {
  Run([] {
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    Thread waiter([&] { EXPECT_EQ(future.get(), 7); });
    LetOthersRun();
    promise.set_value(7);
    EXPECT_TRUE(waiter.Join().ok());
  });
}

TEST_P(FutexTest, Future_BetweenGreenAndOsThreads) {
  Run([] {
    for (int i = 0; i < 30; ++i) {
      std::promise<int> question;
      std::promise<int> answer;
      std::thread os_thread(
          [&] { answer.set_value(question.get_future().get() + 1); });
      Thread waiter([&] { EXPECT_EQ(answer.get_future().get(), i + 1); });
      this_thread::Yield();
      question.set_value(i);
      EXPECT_TRUE(waiter.Join().ok());
      os_thread.join();
    }
  });
}

TEST_P(FutexTest, Future_TimeoutAndException) {
  Run([] {
    std::promise<void> promise;
    std::future<void> future = promise.get_future();
    EXPECT_EQ(future.wait_for(std::chrono::milliseconds(1)),
              std::future_status::timeout);
    EXPECT_EQ(future.wait_until(std::chrono::system_clock::now() +
                                std::chrono::milliseconds(1)),
              std::future_status::timeout);
    Thread setter([&] {
      promise.set_exception(
          std::make_exception_ptr(std::runtime_error("broken")));
    });
    EXPECT_THROW(future.get(), std::runtime_error);
    EXPECT_TRUE(setter.Join().ok());
  });
}

// Joins an OS thread that waits for a green thread.
TEST_P(FutexTest, StdAsync_WorkerGoesOnMeanwhile) {
  Run([] {
    std::promise<int> promise;
    std::future<int> sum = std::async(
        std::launch::async, [&] { return promise.get_future().get() + 1; });
    Thread setter([&] {
      LetOthersRun();
      promise.set_value(41);
    });
    EXPECT_EQ(sum.get(), 42);
    EXPECT_TRUE(setter.Join().ok());
  });
}

TEST_P(FutexTest, AtomicWait_ParksUntilNotified) {
  Run([] {
    std::atomic<int> turn{0};
    std::atomic<char> small{0};
    constexpr int kRounds = 200;
    const auto play = [&](int mine) {
      for (int i = 0; i < kRounds; ++i) {
        for (int now = turn; now % 3 != mine; now = turn) turn.wait(now);
        turn++;
        turn.notify_all();
      }
    };
    Thread a([&] { play(0); });
    Thread b([&] { play(1); });
    std::thread c([&] { play(2); });
    EXPECT_TRUE(a.Join().ok());
    EXPECT_TRUE(b.Join().ok());
    c.join();
    EXPECT_EQ(turn, 3 * kRounds);
    Thread waiter([&] { small.wait(0); });
    LetOthersRun();
    small = 1;
    small.notify_one();
    EXPECT_TRUE(waiter.Join().ok());
  });
}

int initialisations = 0;

struct Slow {
  Slow() {
    LetOthersRun();
    initialisations++;
  }
};

template <int kWhich>
Slow& Static() {
  static Slow object;
  return object;
}

TEST_P(FutexTest, StaticObject_IsMadeOnceWhileOthersPark) {
  // Each mode has its own object, which all runs but the first find
  // initialised.
  const auto use = [&] {
    if (std::get<0>(GetParam()) == "rr") {
      return preempts() ? &Static<0>() : &Static<1>();
    }
    return preempts() ? &Static<2>() : &Static<3>();
  };
  initialisations = 0;
  repetitions_ = 1;
  Run([&] {
    std::deque<Thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { use(); });
    std::thread os_thread([&] { use(); });
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    os_thread.join();
  });
  EXPECT_EQ(initialisations, 1);
}

TEST_P(FutexTest, AbslMutex_GreenAndOsThreads) {
  Run([] {
    absl::Mutex mutex;
    int count = 0;
    const auto work = [&](bool green) {
      for (int i = 0; i < 500; ++i) {
        const absl::MutexLock lock(&mutex);
        const int before = count;
        if (green && i % 16 == 0) this_thread::Yield();
        count = before + 1;
      }
    };
    std::deque<Thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work, true);
    std::thread os_thread(work, false);
    mutex.LockWhen(absl::Condition(
        +[](int* value) { return *value == 4 * 500; }, &count));
    mutex.Unlock();
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    os_thread.join();
  });
}

TEST_P(FutexTest, AbslCondVarAndNotification_Park) {
  Run([] {
    absl::Mutex mutex;
    absl::CondVar changed;
    absl::Notification done;
    bool go = false;
    Thread waiter([&] {
      {
        const absl::MutexLock lock(&mutex);
        EXPECT_TRUE(changed.WaitWithTimeout(&mutex, absl::Milliseconds(1)));
        while (!go) changed.Wait(&mutex);
      }
      done.Notify();
    });
    this_thread::SleepFor(absl::Milliseconds(2));
    EXPECT_FALSE(done.WaitForNotificationWithTimeout(absl::Milliseconds(1)));
    {
      const absl::MutexLock lock(&mutex);
      go = true;
    }
    changed.SignalAll();
    done.WaitForNotification();
    EXPECT_TRUE(waiter.Join().ok());
  });
}

long Futex(void* word, int operation, uint32_t value,
           const timespec* time = nullptr, void* second = nullptr,
           uint32_t last = 0) {
  return syscall(SYS_futex, word, operation, value, time, second, last);
}

TEST_P(FutexTest, Wait_SaysWhatTheKernelSays) {
  Run([] {
    const auto check = [] {
      uint32_t words[2] = {5, 5};
      const timespec soon = {.tv_sec = 0, .tv_nsec = 1'000'000};
      const timespec past = {.tv_sec = 1, .tv_nsec = 0};
      const timespec bad = {.tv_sec = 0, .tv_nsec = 1'000'000'000};
      const auto expect = [](long result, int error) {
        EXPECT_EQ(result, -1);
        EXPECT_EQ(errno, error);
      };
      for (const int shared : {FUTEX_PRIVATE_FLAG, 0}) {
        expect(Futex(words, FUTEX_WAIT | shared, 6), EAGAIN);
        expect(Futex(words, FUTEX_WAIT | shared, 5, &soon), ETIMEDOUT);
        expect(Futex(words, FUTEX_WAIT | shared, 5, &bad), EINVAL);
        expect(
            Futex(reinterpret_cast<char*>(words) + 1, FUTEX_WAIT | shared, 5),
            EINVAL);
        expect(Futex(words, FUTEX_WAIT_BITSET | shared, 5, &past, nullptr, 1),
               ETIMEDOUT);
        expect(Futex(words, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | shared,
                     5, &past, nullptr, 1),
               ETIMEDOUT);
        expect(Futex(words, FUTEX_WAIT_BITSET | shared, 5, nullptr, nullptr, 0),
               EINVAL);
        expect(Futex(words, FUTEX_WAKE_BITSET | shared, 1, nullptr, nullptr, 0),
               EINVAL);
        EXPECT_EQ(Futex(words, FUTEX_WAKE | shared, 1), 0);
      }
    };
    Thread green(check);
    EXPECT_TRUE(green.Join().ok());
    std::thread(check).join();
  });
}

TEST_P(FutexTest, Wake_CountsGreenAndOsThreadsByBits) {
  Run([] {
    std::atomic<uint32_t> word{0};
    std::atomic<int> woken{0};
    const auto wait = [&](uint32_t bits) {
      while (word == 0) {
        if (Futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, nullptr, nullptr,
                  bits) == 0) {
          woken++;
          return;
        }
      }
    };
    Thread a([&] { wait(1); });
    Thread b([&] { wait(2); });
    Thread c([&] { wait(2); });
    std::thread os_thread([&] { wait(2); });
    long count = 0;
    const auto wake = [&](uint32_t most, uint32_t bits) {
      return Futex(&word, FUTEX_WAKE_BITSET_PRIVATE, most, nullptr, nullptr,
                   bits);
    };
    LetOthersRun();
    EXPECT_EQ(wake(10, 4), 0);
    EXPECT_EQ(wake(1, 2), 1);
    while ((count += wake(10, 2)) < 2) this_thread::Yield();
    EXPECT_EQ(count, 2);
    EXPECT_EQ(wake(10, 1), 1);
    for (Thread* thread : {&a, &b, &c}) EXPECT_TRUE(thread->Join().ok());
    os_thread.join();
    EXPECT_EQ(woken, 4);
  });
}

TEST_P(FutexTest, Requeue_LosesNobody) {
  Run([] {
    std::atomic<uint32_t> first{0};
    std::atomic<uint32_t> second{0};
    std::deque<Thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (first == 0) Futex(&first, FUTEX_WAIT_PRIVATE, 0);
      });
    }
    LetOthersRun();
    EXPECT_EQ(syscall(SYS_futex, &first, FUTEX_CMP_REQUEUE_PRIVATE, 1, 10L,
                      &second, 1),
              -1);
    EXPECT_EQ(errno, EAGAIN);
    first = 1;
    EXPECT_EQ(syscall(SYS_futex, &first, FUTEX_CMP_REQUEUE_PRIVATE, 1, 10L,
                      &second, 1),
              3);
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
  });
}

// The word is in memory shared with another process.
TEST_P(FutexTest, SharedMemory_GreenThreadLooksAgainByItself) {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* word = new (memory) std::atomic<uint32_t>(0);
  Run([&] {
    *word = 0;
    Thread waiter([&] {
      while (*word == 0) Futex(word, FUTEX_WAIT, 0);
    });
    LetOthersRun();
    *word = 1;  // And no wake-up.
    EXPECT_TRUE(waiter.Join().ok());
  });
  munmap(memory, 4096);
}

INSTANTIATE_TEST_SUITE_P(, FutexTest, InterposeModes(), InterposeModeName);

}  // namespace
}  // namespace jiffy
