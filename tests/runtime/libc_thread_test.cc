// To libc, a green thread is a thread: it has its own identity, stack canary,
// locale and cancellation state, and leaves none of them behind.
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>

#include <atomic>
#include <cctype>
#include <cfenv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/libc/thread_block.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class LibcThreadTest : public OwnTlsTest {};

uintptr_t StackGuard() { return arch::TcbStackGuard(arch::ThreadPointer()); }

TEST_P(LibcThreadTest, IdentityOfLiveThreads_IsDistinct) {
  const pthread_t os_thread = pthread_self();
  Run([&] {
    constexpr size_t kThreads = 10;
    std::set<pthread_t> selves = {os_thread, pthread_self()};
    std::set<std::thread::id> ids = {std::this_thread::get_id()};
    std::mutex mutex;
    std::atomic<size_t> noted = 0;
    std::atomic<bool> may_end = false;
    std::vector<Thread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        {
          const std::lock_guard lock(mutex);
          selves.insert(pthread_self());
          ids.insert(std::this_thread::get_id());
          ++noted;
        }
        while (!may_end) this_thread::Yield();
      });
    }
    while (noted < kThreads) this_thread::Yield();
    may_end = true;
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(selves.size(), kThreads + 2);
    EXPECT_EQ(ids.size(), kThreads + 1);
  });
}

TEST_P(LibcThreadTest, Identity_IsConstantOverPreemption) {
  Run([] {
    std::atomic<bool> stop = false;
    Thread other(ShortTurns(), [&] {
      while (!stop) this_thread::Yield();
    });
    Thread thread(ShortTurns(), [] {
      const pthread_t self = pthread_self();
      const uintptr_t guard = StackGuard();
      const uint64_t end = TicksDelivered() + 50;
      while (TicksDelivered() < end) {
        ASSERT_TRUE(pthread_equal(self, pthread_self()));
        ASSERT_EQ(StackGuard(), guard);
        this_thread::Yield();
      }
    });
    EXPECT_TRUE(thread.Join().ok());
    stop = true;
  });
}

// As in the kernel, each has its own canary, so that one leak does not reveal
// all.
TEST_P(LibcThreadTest, StackGuards_DifferBetweenThreadsAndFromTheOsThreads) {
  if (!arch::kOwnStackGuard) {
    // Where compilers read it from a global variable, threads cannot have their
    // own.
    GTEST_SKIP() << "one stack guard serves the process here";
  }
  const uintptr_t os_threads = StackGuard();
  Run([&] {
    std::vector<Thread> threads;
    std::set<uintptr_t> guards = {os_threads, StackGuard()};
    std::mutex mutex;
    std::atomic<size_t> noted = 0;
    threads.reserve(10);
    for (int i = 0; i < 10; ++i) {
      threads.emplace_back([&] {
        {
          const std::lock_guard lock(mutex);
          guards.insert(StackGuard());
          ++noted;
        }
        while (noted < 10) this_thread::Yield();
        // A zero byte ends strings that would read or write it.
        EXPECT_EQ(StackGuard() & 0xff, 0u);
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(guards.size(), 12u);
  });
}

// Mutexes that record their owner.
TEST_P(LibcThreadTest, RecursiveMutex_BelongsToItsThread) {
  Run([] {
    std::recursive_mutex mutex;
    mutex.lock();
    mutex.lock();
    bool taken = true;
    Thread thread([&] { taken = mutex.try_lock(); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_FALSE(taken);
    mutex.unlock();
    mutex.unlock();
    Thread next([&] {
      taken = mutex.try_lock();
      if (taken) mutex.unlock();
    });
    EXPECT_TRUE(next.Join().ok());
    EXPECT_TRUE(taken);
  });
}

// Dumps and reports of deadlocks identify holders by this.
TEST_P(LibcThreadTest, OwnerThatAMutexNotes_IsTheThreadsId) {
  Run([] {
    std::set<int> ids;
    for (int i = 0; i < 3; ++i) {
      Thread([&ids] {
        std::mutex mutex;
        const std::lock_guard lock(mutex);
        const int id = internal::LibcThreadId(arch::ThreadPointer());
        EXPECT_EQ(mutex.native_handle()->__data.__owner, id);
        ids.insert(id);
      })
          .Join()
          .IgnoreError();
    }
    EXPECT_EQ(ids.size(), 3u);
    EXPECT_EQ(ids.count(0), 0u);
  });
}

TEST_P(LibcThreadTest, ErrorCheckingMutex_KnowsItsOwner) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer reports what the test tries";
#endif
  Run([] {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
    EXPECT_EQ(pthread_mutex_lock(&mutex), EDEADLK);
    int unlocked = 0;
    Thread thread([&] { unlocked = pthread_mutex_unlock(&mutex); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(unlocked, EPERM);
    EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
    pthread_mutex_destroy(&mutex);
    pthread_mutexattr_destroy(&attributes);
  });
}

TEST_P(LibcThreadTest, LocaleOfOneThread_DoesNotReachTheOthersNorTheNext) {
  Run([] {
    locale_t const utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
    ASSERT_NE(utf8, nullptr);
    const std::string codeset = nl_langinfo(CODESET);
    std::atomic<bool> set = false;
    std::atomic<bool> may_end = false;
    std::string inside;
    Thread thread([&] {
      uselocale(utf8);
      set = true;
      while (!may_end) this_thread::Yield();
      inside = nl_langinfo(CODESET);
    });
    while (!set) this_thread::Yield();
    EXPECT_EQ(nl_langinfo(CODESET), codeset);
    EXPECT_EQ(uselocale(nullptr), LC_GLOBAL_LOCALE);
    may_end = true;
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(inside, "UTF-8");
    for (int i = 0; i < 2; ++i) {
      Thread next([&] {
        EXPECT_EQ(uselocale(nullptr), LC_GLOBAL_LOCALE);
        EXPECT_EQ(nl_langinfo(CODESET), codeset);
      });
      EXPECT_TRUE(next.Join().ok());
    }
    freelocale(utf8);
  });
}

// Used by isalpha and similar macros; set anew for each thread block.
TEST_P(LibcThreadTest, CharacterTables_AreThereFromTheStart) {
  Run([] {
    std::vector<Thread> threads;
    std::atomic<bool> may_end = false;
    // More threads than have existed before: some get a new block.
    for (int i = 0; i < 40; ++i) {
      threads.emplace_back([&may_end] {
        const auto* const table = *__ctype_b_loc();
        ASSERT_NE(table, nullptr);
        EXPECT_TRUE((table[static_cast<int>('a')] & _ISalpha) != 0);
        EXPECT_EQ((*__ctype_toupper_loc())[static_cast<int>('a')], 'A');
        while (!may_end) this_thread::Yield();
      });
    }
    may_end = true;
  });
}

TEST_P(LibcThreadTest, CancellationState_DoesNotReachTheNextThread) {
  Run([] {
    Thread thread([] {
      pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
      pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
    });
    EXPECT_TRUE(thread.Join().ok());
    int state = -1;
    int type = -1;
    Thread next([&] {
      pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
      pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    });
    EXPECT_TRUE(next.Join().ok());
    EXPECT_EQ(state, PTHREAD_CANCEL_ENABLE);
    EXPECT_EQ(type, PTHREAD_CANCEL_DEFERRED);
  });
}

TEST_P(LibcThreadTest, RoundingMode_IsEachThreadsOwnAndNewForTheNext) {
  Run([] {
    std::atomic<bool> set = false;
    std::atomic<bool> may_end = false;
    int inside = -1;
    Thread thread([&] {
      fesetround(FE_UPWARD);
      set = true;
      while (!may_end) {
        this_thread::Yield();
        SpinForTicks(1);
      }
      inside = fegetround();
    });
    while (!set) this_thread::Yield();
    SpinForTicks(3);
    EXPECT_EQ(fegetround(), FE_TONEAREST);
    may_end = true;
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(inside, FE_UPWARD);
    Thread next([&] { inside = fegetround(); });
    EXPECT_TRUE(next.Join().ok());
    EXPECT_EQ(inside, FE_TONEAREST);
  });
}

// libc's data for each thread beyond the program's TLS: the malloc cache, and
// the buffers of functions that return pointers into them.
TEST_P(LibcThreadTest, BuffersOfLibc_AreEachThreadsOwn) {
  Run([] {
    const char* mine = strerror(9999);
    const std::string before = mine;
    Thread thread([&] { EXPECT_NE(strerror(8888), mine); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(before, mine);
  });
}

// Memory is freed by another thread, after the thread that allocated it ended.
TEST_P(LibcThreadTest, MemoryOfAnEndedThread_IsFreedByAnother) {
  Run([] {
    std::vector<void*> blocks;
    Thread thread([&] {
      for (int i = 0; i < 1000; ++i) blocks.push_back(malloc(16 + i % 100));
    });
    EXPECT_TRUE(thread.Join().ok());
    Thread next([&] {
      for (void* block : blocks) free(block);
      for (void*& block : blocks) block = malloc(64);
    });
    EXPECT_TRUE(next.Join().ok());
    for (void* block : blocks) free(block);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, LibcThreadTest,
                         ::testing::ValuesIn(OwnTlsRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
