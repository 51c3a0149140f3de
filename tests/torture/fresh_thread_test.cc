// A thread starts in a fresh state, whatever the thread before it left on the
// same stack and in the same thread block.

#include <locale.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cfenv>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/irq.h"
#include "tests/torture/library.h"

namespace jiffy::torture {
namespace {

// Runs `first` in a thread, and then the other function in a thread in the same
// place.
void RunOneByOne(const std::function<void()>& first,
                 const std::function<void()>& second) {
  const absl::Status status = jiffy::Run({.late_static_tls = true}, [&] {
    ASSERT_TRUE(Thread(first).Join().ok());
    ASSERT_TRUE(Thread(second).Join().ok());
    ASSERT_TRUE(Thread(second).Join().ok());
  });
  EXPECT_TRUE(status.ok()) << status;
}

// Does the same, and again with all threads spawned before the first of them
// runs.
void RunAfterOneAnother(const std::function<void()>& first,
                        const std::function<void()>& second) {
  RunOneByOne(first, second);
  const absl::Status status = jiffy::Run({.late_static_tls = true}, [&] {
    std::vector<Thread> threads;
    threads.emplace_back(first);
    // A thread that ends still uses its stack until the next one runs.
    for (int i = 0; i < 3; ++i) threads.emplace_back(second);
    for (Thread& thread : threads) ASSERT_TRUE(thread.Join().ok());
  });
  EXPECT_TRUE(status.ok()) << status;
}

thread_local int number = 42;
thread_local std::string text = "initial";

TEST(FreshThread, ThreadLocalsWereChanged_AreInitialAgain) {
  RunAfterOneAnother(
      [] {
        number = 7;
        text = "another text, longer than fits into the string itself";
      },
      [] {
        EXPECT_EQ(number, 42);
        EXPECT_EQ(text, "initial");
      });
}

// A key whose destructor sets the value again, without end.
pthread_key_t stubborn_key;

TEST(FreshThread, KeyDestructorsNeverEnd_KeyIsNull) {
  static std::atomic<int> calls{0};
  calls = 0;
  ASSERT_EQ(pthread_key_create(&stubborn_key,
                               [](void* value) {
                                 calls.fetch_add(1);
                                 pthread_setspecific(stubborn_key, value);
                               }),
            0);
  RunOneByOne([] { pthread_setspecific(stubborn_key, &stubborn_key); },
              [] { EXPECT_EQ(pthread_getspecific(stubborn_key), nullptr); });
  EXPECT_EQ(calls.load(), PTHREAD_DESTRUCTOR_ITERATIONS);
  pthread_key_delete(stubborn_key);
}

// An object that only a key's destructor creates, after the destructors of
// thread_local objects have run.
struct LateObject {
  LateObject() { made.fetch_add(1); }
  ~LateObject() {
    EXPECT_EQ(self, this);
    destroyed.fetch_add(1);
  }
  LateObject* self = this;
  static inline std::atomic<int> made{0};
  static inline std::atomic<int> destroyed{0};
};
thread_local LateObject late_object;

TEST(FreshThread, KeyDestructorMadeThreadLocal_ItsThreadDestroysIt) {
  // Use of one of this file's objects creates all of them.
  LateObject::made = LateObject::destroyed = 0;
  pthread_key_t key;
  ASSERT_EQ(pthread_key_create(
                &key, [](void*) { EXPECT_NE(late_object.self, nullptr); }),
            0);
  RunOneByOne([key] { pthread_setspecific(key, &LateObject::made); },
              [] {
                EXPECT_EQ(LateObject::made.load(), 1);
                EXPECT_EQ(LateObject::destroyed.load(), 1);
              });
  pthread_key_delete(key);
}

TEST(FreshThread, ThreadLocalOfOpenedLibraryWasChanged_IsInitialAgain) {
  for (const Library::Kind kind :
       {Library::Kind::kDynamic, Library::Kind::kInitialExec}) {
    const Library library(kind);
    ASSERT_TRUE(library.ok()) << library.error();
    RunAfterOneAnother(
        [&] {
          *library->value() = 7;
          *library->zero() = 7;
          EXPECT_EQ(library->use_object(), 1);
        },
        [&] {
          EXPECT_EQ(*library->value(), kLibraryInitial);
          EXPECT_EQ(*library->zero(), 0u);
          EXPECT_EQ(library->use_object(), 1);
          EXPECT_EQ(library->objects_alive(), 1);
        });
    EXPECT_EQ(library->objects_alive(), 0);
  }
}

// The thread takes the place of one that opened the library, and could not have
// learnt of that.
void RunAfterOneThatOpens(Library::Kind kind, const std::string& scheduler) {
  std::optional<Library> library;
  const absl::Status status = jiffy::Run(
      {.scheduler = scheduler, .preempt = false, .late_static_tls = true}, [&] {
        Thread first([&] {
          library.emplace(kind);
          ASSERT_TRUE(library->ok()) << library->error();
          *(*library)->value() = 7;
          *(*library)->zero() = 7;
        });
        ASSERT_TRUE(first.Join().ok());
        ASSERT_TRUE(library.has_value() && library->ok());
        Thread second([&] {
          EXPECT_EQ(*(*library)->value(), kLibraryInitial);
          EXPECT_EQ(*(*library)->zero(), 0u);
        });
      });
  EXPECT_TRUE(status.ok()) << status;
}

TEST(FreshThread, PredecessorOpenedLibrary_ThreadLocalIsInitialAgain) {
  for (const Library::Kind kind :
       {Library::Kind::kDynamic, Library::Kind::kInitialExec}) {
    // Threads have their stacks from the start, or from their first turn on.
    for (const char* scheduler : {"cfs", "rr"}) {
      // Makes the runtime forget the library of the iteration before.
      ASSERT_TRUE(Library(Library::Kind::kOtherInitialExec).ok());
      ASSERT_TRUE(
          jiffy::Run({.late_static_tls = true}, [] { Thread([] {}); }).ok());
      RunAfterOneThatOpens(kind, scheduler);
    }
  }
}

TEST(FreshThread, ErrnoWasSet_IsZero) {
  RunAfterOneAnother([] { errno = EDOM; }, [] { EXPECT_EQ(errno, 0); });
}

TEST(FreshThread, RoundingWasChanged_IsToNearest) {
  RunAfterOneAnother([] { fesetround(FE_UPWARD); },
                     [] { EXPECT_EQ(fegetround(), FE_TONEAREST); });
}

TEST(FreshThread, LocaleWasSet_IsTheGlobalOne) {
  locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
  ASSERT_NE(locale, nullptr);
  RunAfterOneAnother(
      [locale] {
        uselocale(locale);
        EXPECT_EQ(MB_CUR_MAX, 6u);
      },
      [] {
        EXPECT_EQ(uselocale(nullptr), LC_GLOBAL_LOCALE);
        EXPECT_EQ(MB_CUR_MAX, 1u);
      });
  freelocale(locale);
}

TEST(FreshThread, CancellationWasDisabled_IsEnabled) {
  RunAfterOneAnother(
      [] { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr); },
      [] {
        int state = -1;
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
        EXPECT_EQ(state, PTHREAD_CANCEL_ENABLE);
      });
}

TEST(FreshThread, PreemptionWasOff_IsOn) {
  RunAfterOneAnother([] { static_cast<void>(signals::IrqSave()); },
                     [] {
                       EXPECT_FALSE(signals::IrqsDisabled());
                       // Another thread gets the CPU although none yields.
                       std::atomic<bool> seen{false};
                       Thread other([&] { seen = true; });
                       while (!seen) {
                       }
                     });
}

}  // namespace
}  // namespace jiffy::torture
