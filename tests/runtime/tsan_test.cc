// ThreadSanitizer treats green threads as threads: it detects races between
// them, even on one worker, and sees the order that synchronisation creates
// (./jiffy test --config tsan).
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::ExitedWithCode;

// Exit status that ThreadSanitizer gives a program in which it found an error.
constexpr int kFound = 66;

class TsanTest : public EveryRunModeTest {
 protected:
  void SetUp() override {
    // Each in a process of its own, started anew: ThreadSanitizer would not
    // watch a forked one.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EveryRunModeTest::SetUp();
  }

  [[noreturn]] void RunAndExit(absl::FunctionRef<void()> fn) {
    const absl::Status status = jiffy::Run(options_, fn);
    exit(status.ok() ? 0 : 1);
  }

  void ExpectRace(absl::FunctionRef<void()> fn, const char* report) {
    EXPECT_EXIT(RunAndExit(fn), ExitedWithCode(kFound), report);
  }
  void ExpectSilence(absl::FunctionRef<void()> fn) {
    EXPECT_EXIT(RunAndExit(fn), ExitedWithCode(0), "^$");
  }
};

INSTANTIATE_TEST_SUITE_P(RunModes, TsanTest, ::testing::ValuesIn(AllRunModes()),
                         RunModeName);

// Runs the function in several threads at once, and several times in each.
void InThreads(absl::FunctionRef<void()> fn) {
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back(ShortTurns(), [&] {
      for (int k = 0; k < 500; ++k) {
        fn();
        if (k % 100 == 0) this_thread::Yield();
      }
    });
  }
}

long counter = 0;

TEST_P(TsanTest, Features_OwnTlsIsThereUnlessItIsNotWanted) {
  const absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok());
  EXPECT_EQ(runtime->features().own_tls, !GetParam().shared_tls);
}

TEST_P(TsanTest, NoSynchronisation_IsARace) {
  ExpectRace([] { InThreads([] { counter = counter + 1; }); },
             "data race(.|\n)*counter");
}

// The threads never exist at the same time, and the second uses the first one's
// stack.
TEST_P(TsanTest, OneThreadAfterTheOther_NobodyJoined_IsARace) {
  ExpectRace(
      [] {
        for (int i = 0; i < 2; ++i) {
          Thread thread([] { counter = counter + 1; });
          thread.Detach().IgnoreError();
          for (int k = 0; k < 5; ++k) this_thread::Yield();
        }
      },
      "data race(.|\n)*counter");
}

// Each mutex orders only what happens under it.
TEST_P(TsanTest, TwoMutexes_AreARace) {
  ExpectRace(
      [] {
        Mutex first, second;
        Thread a([&] {
          const std::lock_guard lock(first);
          counter = counter + 1;
        });
        Thread b([&] {
          const std::lock_guard lock(second);
          counter = counter + 1;
        });
      },
      "data race(.|\n)*counter");
}

// The report names both threads.
TEST_P(TsanTest, Report_NamesTheThreads) {
  ExpectRace(
      [] {
        Thread a({.name = "alpha"}, [&] { counter = counter + 1; });
        Thread b({.name = "beta"}, [&] { counter = counter + 1; });
      },
      "data race(.|\n)*'(beta|alpha)'(.|\n)*'(beta|alpha)'");
}

TEST_P(TsanTest, SpawnAndJoin_AreInOrder) {
  ExpectSilence([] {
    for (int i = 0; i < 100; ++i) {
      counter = counter + 1;
      Thread thread([] { counter = counter + 1; });
      thread.Join().IgnoreError();
      counter = counter + 1;
    }
  });
}

TEST_P(TsanTest, EndOfTheRun_ComesAfterAllThreads) {
  EXPECT_EXIT(
      {
        jiffy::Run(options_, [] {
          Thread([] { counter = counter + 1; }).Detach().IgnoreError();
        }).IgnoreError();
        counter = counter + 1;
        exit(0);
      },
      ExitedWithCode(0), "^$");
}

TEST_P(TsanTest, Mutex_Orders) {
  ExpectSilence([] {
    Mutex mutex;
    InThreads([&] {
      const std::lock_guard lock(mutex);
      counter = counter + 1;
    });
  });
}

TEST_P(TsanTest, SharedMutex_Orders) {
  ExpectSilence([] {
    SharedMutex mutex;
    std::atomic<long> sum = 0;
    InThreads([&] {
      {
        const std::lock_guard lock(mutex);
        counter = counter + 1;
      }
      mutex.lock_shared();
      sum += counter;
      mutex.unlock_shared();
    });
  });
}

TEST_P(TsanTest, NoPreempt_Orders) {
  ExpectSilence([] {
    InThreads([] {
      const NoPreempt guard;
      counter = counter + 1;
    });
  });
}

TEST_P(TsanTest, Channel_HandsOver) {
  for (const size_t capacity : {0, 1, 8}) {
    ExpectSilence([capacity] {
      Channel<long*> channel(capacity);
      Thread receiver([&] {
        while (const auto value = channel.Receive()) **value += 1;
      });
      std::vector<long> values(100);
      for (long& value : values) {
        value = 7;
        EXPECT_TRUE(channel.Send(&value).ok());
      }
      channel.Close();
      receiver.Join().IgnoreError();
      for (const long value : values) EXPECT_EQ(value, 8);
    });
  }
}

TEST_P(TsanTest, ConditionVariable_Orders) {
  ExpectSilence([] {
    Mutex mutex;
    ConditionVariable changed;
    bool ready = false;
    Thread thread([&] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return ready; });
      counter = counter + 1;
    });
    this_thread::Yield();
    counter = counter + 1;
    {
      const std::lock_guard lock(mutex);
      ready = true;
    }
    changed.notify_one();
  });
}

TEST_P(TsanTest, CallOnce_Orders) {
  ExpectSilence([] {
    OnceFlag once;
    InThreads([&] {
      CallOnce(once, [] { counter = 17; });
      EXPECT_EQ(counter, 17);
    });
  });
}

TEST_P(TsanTest, Exception_CrossesJoin) {
  ExpectSilence([] {
    for (int i = 0; i < 20; ++i) {
      Thread thread([] { throw std::string("thrown by the thread"); });
      try {
        thread.Join().IgnoreError();
      } catch (const std::string& text) {
        EXPECT_EQ(text, "thrown by the thread");
      }
    }
  });
}

// Where threads share TLS, a thread that waits for a mutex in the kernel keeps
// the CPU from the holder, and all threads share their thread_local objects.
class TsanOwnTlsTest : public TsanTest {};

INSTANTIATE_TEST_SUITE_P(RunModes, TsanOwnTlsTest,
                         ::testing::ValuesIn(OwnTlsRunModes()), RunModeName);

TEST_P(TsanOwnTlsTest, StdMutex_Orders) {
  ExpectSilence([] {
    std::mutex mutex;
    InThreads([&] {
      const std::lock_guard lock(mutex);
      counter = counter + 1;
    });
  });
}

TEST_P(TsanOwnTlsTest, StdCallOnce_Orders) {
  ExpectSilence([] {
    std::once_flag once;
    std::atomic<bool> called = false;
    Thread first([&] {
      std::call_once(once, [] { counter = 17; });
      called.store(true, std::memory_order_relaxed);
    });
    Thread second([&] {
      while (!called.load(std::memory_order_relaxed)) this_thread::Yield();
      std::call_once(once, [] {});
      EXPECT_EQ(counter, 17);
    });
  });
}

TEST_P(TsanOwnTlsTest, PthreadBarrier_Orders) {
  if (GetParam().scheduler == "fifo") {
    GTEST_SKIP() << "it never takes the CPU from a thread";
  }
  ExpectSilence([] {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, nullptr, 2);
    long of_main = 0;
    Thread thread(ShortTurns(), [&] {
      counter = 17;
      pthread_barrier_wait(&barrier);
      EXPECT_EQ(of_main, 18);
    });
    of_main = 18;
    pthread_barrier_wait(&barrier);
    EXPECT_EQ(counter, 17);
    thread.Join().IgnoreError();
    pthread_barrier_destroy(&barrier);
  });
}

// The kernel does not restart a wait with a timeout after a signal.
TEST_P(TsanOwnTlsTest, StdConditionVariable_TimedWait_LetsOthersRun) {
  if (GetParam().scheduler == "fifo") {
    GTEST_SKIP() << "it never takes the CPU from a thread";
  }
  ExpectSilence([] {
    std::mutex mutex;
    std::condition_variable changed;
    bool ready = false;
    // The other thread makes no progress until the wait has begun.
    std::unique_lock lock(mutex);
    Thread thread(ShortTurns(), [&] {
      {
        const std::lock_guard lock(mutex);
        ready = true;
      }
      changed.notify_one();
    });
    if (!changed.wait_for(lock, std::chrono::hours(1), [&] { return ready; })) {
      exit(1);
    }
  });
}

thread_local long own_counter = 0;

TEST_P(TsanOwnTlsTest, ThreadLocals_AreTheThreadsOwn) {
  ExpectSilence([] { InThreads([] { own_counter = own_counter + 1; }); });
}

TEST_P(TsanOwnTlsTest, OsThread_IsAnother) {
  ExpectSilence([] {
    Mutex mutex;
    std::thread thread([&] {
      for (int i = 0; i < 1000; ++i) {
        const std::lock_guard lock(mutex);
        counter = counter + 1;
      }
    });
    InThreads([&] {
      const std::lock_guard lock(mutex);
      counter = counter + 1;
    });
    thread.join();
  });
}

}  // namespace
}  // namespace jiffy
