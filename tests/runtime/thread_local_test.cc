// Each green thread has its own thread_local objects and pthread keys: created
// for it, kept over preemptions, destroyed at its end, and new for the next
// thread on the same stack.
#include <pthread.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ThreadLocalTest : public OwnTlsTest {};

thread_local int plain = 17;
thread_local std::string text = "initial";

std::atomic<int> alive = 0;
std::atomic<int> destroyed = 0;

struct Tracked {
  Tracked() { alive++; }
  ~Tracked() {
    alive--;
    destroyed++;
  }
  int value = 3;
};
thread_local Tracked tracked;

TEST_P(ThreadLocalTest, ManyThreads_EachHasItsOwn) {
  Run([] {
    plain = -1;
    text = "main's";
    std::vector<Thread> threads;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back(ShortTurns(), [i, &wrong] {
        wrong += plain != 17 || text != "initial";
        plain = i;
        text = std::to_string(i);
        const uint64_t end = TicksDelivered() + 20;
        while (TicksDelivered() < end) {
          wrong += plain != i || text != std::to_string(i);
          this_thread::Yield();
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(plain, -1);
    EXPECT_EQ(text, "main's");
  });
  // The OS thread's own, with which no green thread ran.
  EXPECT_EQ(plain, 17);
  EXPECT_EQ(text, "initial");
}

TEST_P(ThreadLocalTest, ObjectsWithDestructor_DieWithTheirThread) {
  destroyed = 0;
  Run([] {
    alive = 0;
    destroyed = 0;
    std::vector<Thread> threads;
    std::atomic<bool> may_end = false;
    for (int i = 0; i < 5; ++i) {
      threads.emplace_back([&may_end] {
        tracked.value++;
        while (!may_end) this_thread::Yield();
        EXPECT_EQ(tracked.value, 4);
      });
    }
    while (alive < 5) this_thread::Yield();
    EXPECT_EQ(destroyed, 0);
    may_end = true;
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(destroyed, 5);
  });
}

TEST_P(ThreadLocalTest, ThreadThatNeverUsesThem_MakesNone) {
  Run([] {
    alive = 0;
    destroyed = 0;
    Thread thread([] {});
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(destroyed, 0);
  });
}

TEST_P(ThreadLocalTest, ThreadEndsByException_ObjectsDieToo) {
  Run([] {
    destroyed = 0;
    Thread thread([] {
      tracked.value = 1;
      throw 1;
    });
    EXPECT_THROW(thread.Join().IgnoreError(), int);
    EXPECT_EQ(destroyed, 1);
  });
}

// As in an OS thread, the callable is destroyed first.
TEST_P(ThreadLocalTest, CallableDestroyed_BeforeThreadLocals) {
  Run([] {
    destroyed = 0;
    int destroyed_before_callable = -1;
    struct Callable {
      int* seen;
      explicit Callable(int* seen) : seen(seen) {}
      Callable(Callable&& other) noexcept
          : seen(std::exchange(other.seen, nullptr)) {}
      ~Callable() {
        if (seen != nullptr) *seen = destroyed;
      }
      void operator()() const { tracked.value = 2; }
    };
    Thread thread(Callable{&destroyed_before_callable});
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(destroyed_before_callable, 0);
    EXPECT_EQ(destroyed, 1);
  });
}

thread_local struct Last {
  ~Last() {
    if (note != nullptr) *note = plain;
  }
  int* note = nullptr;
} last;

// A destructor may run long, be preempted and wait: it runs in the thread
// itself.
thread_local struct Slow {
  ~Slow() {
    if (ended == nullptr) return;
    SpinForTicks(3);
    this_thread::Yield();
    *ended = this_thread::Id();
  }
  uint64_t* ended = nullptr;
} slow;

TEST_P(ThreadLocalTest, DestructorUsesOthersAndIsPreempted_RunsToItsEnd) {
  Run([] {
    int note = 0;
    uint64_t ended = 0;
    Thread thread([&] {
      plain = 5;
      last.note = &note;
      slow.ended = &ended;
    });
    const uint64_t id = thread.Id();
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(note, 5);
    EXPECT_EQ(ended, id);
  });
}

TEST_P(ThreadLocalTest, NextThreadOnTheSameStack_FindsInitialValues) {
  Run([] {
    for (int i = 0; i < 5; ++i) {
      Thread thread([] {
        EXPECT_EQ(plain, 17);
        EXPECT_EQ(text, "initial");
        EXPECT_EQ(tracked.value, 3);
        plain = 99;
        text = std::string(1000, 'x');
        tracked.value = 99;
      });
      EXPECT_TRUE(thread.Join().ok());
    }
  });
}

// ------------------------------------------------------------ pthread keys

std::atomic<int> key_destructions = 0;
std::atomic<int> remakes = 0;
pthread_key_t remade_key;

TEST_P(ThreadLocalTest, PthreadKeys_AreEachThreadsOwnAndDestroyed) {
  // More keys than fit in the thread block itself.
  constexpr int kKeys = 40;
  std::vector<pthread_key_t> keys(kKeys);
  for (pthread_key_t& key : keys) {
    ASSERT_EQ(pthread_key_create(&key,
                                 [](void* value) {
                                   key_destructions++;
                                   delete static_cast<int*>(value);
                                 }),
              0);
  }
  Run([&] {
    key_destructions = 0;
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&keys, i] {
        for (const pthread_key_t key : keys) {
          EXPECT_EQ(pthread_getspecific(key), nullptr);
          pthread_setspecific(key, new int(i));
        }
        for (const pthread_key_t key : keys) {
          this_thread::Yield();
          EXPECT_EQ(*static_cast<int*>(pthread_getspecific(key)), i);
        }
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(key_destructions, 4 * kKeys);
    Thread next([&keys] {
      for (const pthread_key_t key : keys) {
        EXPECT_EQ(pthread_getspecific(key), nullptr);
      }
    });
    EXPECT_TRUE(next.Join().ok());
  });
  for (const pthread_key_t key : keys) pthread_key_delete(key);
}

// POSIX: a destructor that sets its key again is called again, at most
// PTHREAD_DESTRUCTOR_ITERATIONS times.
TEST_P(ThreadLocalTest, KeyDestructorSetsItsKey_IsCalledAgainFourTimesAtMost) {
  ASSERT_EQ(pthread_key_create(&remade_key,
                               [](void* value) {
                                 remakes++;
                                 pthread_setspecific(remade_key, value);
                               }),
            0);
  Run([] {
    remakes = 0;
    Thread thread([] { pthread_setspecific(remade_key, &remakes); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(remakes, 4);
    Thread next([] { EXPECT_EQ(pthread_getspecific(remade_key), nullptr); });
    EXPECT_TRUE(next.Join().ok());
  });
  pthread_key_delete(remade_key);
}

std::atomic<int> destroyed_at_key = 0;

// As in libc: a key's destructor may no longer use thread_local objects.
TEST_P(ThreadLocalTest, ThreadLocals_DieBeforeKeyDestructorsRun) {
  pthread_key_t key;
  ASSERT_EQ(pthread_key_create(
                &key, [](void*) { destroyed_at_key = destroyed.load(); }),
            0);
  Run([key] {
    destroyed = 0;
    destroyed_at_key = -1;
    Thread thread([key] {
      tracked.value++;
      pthread_setspecific(key, &destroyed);
    });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(destroyed_at_key, 1);
  });
  pthread_key_delete(key);
}

// Created at its first use, not with the others above.
Tracked& MadeLate() {
  thread_local Tracked object;
  return object;
}

// This thread must destroy them, not the next one.
TEST_P(ThreadLocalTest, ObjectMadeInKeyDestructor_DiesWithThisThread) {
  pthread_key_t key;
  ASSERT_EQ(pthread_key_create(&key, [](void*) { MadeLate().value++; }), 0);
  Run([key] {
    destroyed = 0;
    Thread thread([key] { pthread_setspecific(key, &destroyed); });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(destroyed, 1);
    Thread next([] {});
    EXPECT_TRUE(next.Join().ok());
    EXPECT_EQ(destroyed, 1);
  });
  pthread_key_delete(key);
}

INSTANTIATE_TEST_SUITE_P(RunModes, ThreadLocalTest,
                         ::testing::ValuesIn(OwnTlsRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
