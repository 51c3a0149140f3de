// A dump's text for a thread: what it waits for and since when, its time, the
// policy's data for it, its stack.
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <regex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/dump_testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DumpWaitsTest : public RunTest {
 protected:
  DumpWaitsTest() { repetitions_ = 1; }
};

// Returns the first time that follows `expression` in the text, in
// microseconds.
int64_t Microseconds(const std::string& text, const std::string& expression) {
  std::smatch match;
  if (!std::regex_search(text, match,
                         std::regex(expression + "([0-9]+)(us|ms|s)"))) {
    ADD_FAILURE() << expression << " is not in: " << text;
    return -1;
  }
  const int64_t number = std::stoll(match[1]);
  return match[2] == "us"   ? number
         : match[2] == "ms" ? number * 1'000
                            : number * 1'000'000;
}

// Returns the longest time that is reported as `us`: from 10 ms on, whole
// milliseconds are reported, from 10 s on, whole seconds.
int64_t AtMost(int64_t us) {
  return us + (us >= 10'000'000 ? 999'999 : us >= 10'000 ? 999 : 0);
}

TEST_F(DumpWaitsTest, EachWait_HasItsWords) {
  Run([] {
    SharedMutex shared;
    ConditionVariable condition;
    Mutex mutex;
    CountingSemaphore<> semaphore(0);
    Latch latch(1);
    Barrier<> barrier(2);
    OnceFlag once;
    std::atomic<bool> once_may_end = false;
    Event event;
    WaitGroup group;
    Promise<int> promise;
    Future<int> future = promise.get_future();
    Channel<int> full(0);
    Channel<int> empty(0);
    Channel<int> other(0);
    shared.lock();
    group.Add();
    Thread holds_once([&] {
      CallOnce(once, [&] {
        while (!once_may_end) this_thread::Yield();
      });
    });
    this_thread::Yield();

    const std::pair<std::string, std::function<void()>> kWaits[] = {
        {"a SharedMutex", [&] { const std::shared_lock lock(shared); }},
        {"a ConditionVariable",
         [&] {
           std::unique_lock lock(mutex);
           condition.wait(lock);
         }},
        {"a CountingSemaphore", [&] { semaphore.acquire(); }},
        {"a Latch", [&] { latch.wait(); }},
        {"a Barrier", [&] { barrier.arrive_and_wait(); }},
        {"a OnceFlag", [&] { CallOnce(once, [] {}); }},
        {"an Event", [&] { event.Wait(); }},
        {"a WaitGroup", [&] { group.Wait(); }},
        {"a Future", [&] { EXPECT_EQ(future.get(), 1); }},
        {"a Channel to take a value", [&] { EXPECT_TRUE(full.Send(1).ok()); }},
        {"a Channel to give a value", [&] { empty.Receive(); }},
    };
    std::deque<Thread> threads;
    for (const auto& [words, wait] : kWaits) {
      threads.emplace_back(ThreadOptions{.name = words}, wait);
    }
    for (int i = 0; i < 5; ++i) this_thread::Yield();
    const std::string text = DumpText();
    for (const auto& [words, wait] : kWaits) {
      EXPECT_THAT(Part(text, words), StartsWith("'" + words + "' (#"));
      EXPECT_THAT(Part(text, words), ContainsRegex("\\) waits for " + words +
                                                   " at 0x[0-9a-f]+, "));
    }
    shared.unlock();
    condition.notify_all();
    semaphore.release();
    latch.count_down();
    barrier.arrive_and_drop();
    once_may_end = true;
    event.Set();
    group.Done();
    promise.set_value(1);
    full.Receive();
    EXPECT_TRUE(empty.Send(1).ok());
  });
}

TEST_F(DumpWaitsTest, MutexOfAnOsThread_IsHeldByOne) {
  Run([] {
    Mutex mutex;
    std::atomic<bool> held = false;
    std::atomic<bool> over = false;
    std::thread outside([&] {
      const std::lock_guard lock(mutex);
      held = true;
      while (!over) std::this_thread::yield();
    });
    while (!held) this_thread::Yield();
    Thread waiter({.name = "waiter"},
                  [&] { const std::lock_guard lock(mutex); });
    for (int i = 0; i < 5; ++i) this_thread::Yield();
    EXPECT_THAT(Part(DumpText(), "waiter"),
                ContainsRegex("a Mutex at 0x[0-9a-f]+, held by an OS thread, "
                              "since"));
    over = true;
    outside.join();
  });
}

// The program ends there: no thread can unlock the mutex any more.
TEST(DumpWaitsDeathTest, MutexOfAThreadThatEnded_IsToldSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    Mutex mutex;
    Event ended;
    Thread waiter({.name = "waiter"}, [&] {
      ended.Wait();
      mutex.lock();
    });
    this_thread::Yield();
    Thread before([&] { mutex.lock(); });
    before.Join().IgnoreError();
    ended.Set();
    while (waiter.Stats().voluntary_switches < 2) this_thread::Yield();
    Runtime::Dump();
    _exit(0);
  };
  EXPECT_EXIT(jiffy::Run({}, run).IgnoreError(), ::testing::ExitedWithCode(0),
              "waits for a Mutex at 0x[0-9a-f]+, held by a thread that has "
              "ended, since");
}

TEST_F(DumpWaitsTest, TimeOfAWait_AndOfAThread_AreThoseOfTheTicks) {
  Run([&] {
    Event event;
    std::atomic<bool> over = false;
    Thread early({.name = "early"}, [&] { event.Wait(); });
    while (early.Stats().voluntary_switches == 0) this_thread::Yield();
    // Stolen ticks are charged to no thread.
    const auto charged = [] {
      const RuntimeStats stats = CurrentStats();
      return stats.jiffies - stats.stolen_ticks;
    };
    const uint64_t before = charged();
    SpinForTicks(40);
    this_thread::Yield();  // Ticks that were put off are charged.
    const uint64_t after = charged();
    Thread late({.name = "late"}, [&] { event.Wait(); });
    for (int i = 0; i < 5; ++i) this_thread::Yield();
    const NoPreempt guard;
    const std::string text = DumpText();
    const int64_t tick_us = absl::ToInt64Microseconds(*options_.tick);
    const auto spun = static_cast<int64_t>(after - before);
    EXPECT_GE(spun, 30);
    const int64_t waited = Microseconds(Part(text, "early"), "since ");
    const int64_t total = Microseconds(text, " [0-9]+ ticks of ") *
                          std::stoll(text.substr(text.find("rr, ") + 4));
    EXPECT_GE(AtMost(waited), spun * tick_us);
    EXPECT_LE(waited, total);
    EXPECT_LE(Microseconds(Part(text, "late"), "since ") + spun * tick_us,
              AtMost(waited));
    EXPECT_GE(AtMost(Microseconds(Part(text, "main"), "runs; ")),
              spun * tick_us);
    EXPECT_LE(Microseconds(Part(text, "main"), "runs; "), total);
    EXPECT_EQ(Part(text, "early").find(" 0us of CPU;") != std::string::npos,
              early.Stats().ticks == 0);
    event.Set();
  });
}

TEST_F(DumpWaitsTest, NotYetStarted_IsToldWithoutABacktrace) {
  if (signals::kThreadSanitizer) {
    GTEST_SKIP() << "threads have stacks from the start with ThreadSanitizer";
  }
  options_.preempt = false;
  Run([] {
    Thread thread({.name = "young"}, [] {});
    const std::string part = Part(DumpText(), "young");
    EXPECT_EQ(part, "'young' (#2) has not started; 0us of CPU; no stack yet\n");
  });
}

TEST_F(DumpWaitsTest, NotYetStartedButWithAStack_IsToldWithoutABacktrace) {
  options_.preempt = false;
  Run([] {
    Thread thread({.name = "young", .nice = 1}, [] {});
    const std::string part = Part(DumpText(), "young");
    EXPECT_THAT(part, StartsWith("'young' (#2) has not started; 0us of CPU; "));
    EXPECT_EQ(part.find('\n'), part.size() - 1);
  });
}

TEST_F(DumpWaitsTest, PolicysData_IsThere) {
  for (const auto& [scheduler, words] :
       {std::pair("cfs", "of CPU; vruntime [0-9]+ us, weight 335; [0-9]"),
        std::pair("rr", "of CPU; slice [0-9]+ us; [0-9]")}) {
    options_.scheduler = scheduler;
    Run([words = words] {
      Event event;
      Thread nice({.name = "nice", .nice = 5}, [&] { event.Wait(); });
      for (int i = 0; i < 5; ++i) this_thread::Yield();
      EXPECT_THAT(Part(DumpText(), "nice"), ContainsRegex(words));
      event.Set();
    });
  }
}

TEST_F(DumpWaitsTest, StackThatWasUsed_IsToldInKiB) {
  Run([] {
    constexpr size_t kUsed = 100 << 10;
    Event event;
    Thread deep({.name = "deep", .stack_size = 256 << 10}, [&] {
      char room[kUsed];
      memset(room, 1, sizeof room);
      asm volatile("" : : "r"(room) : "memory");
      event.Wait();
    });
    for (int i = 0; i < 5; ++i) this_thread::Yield();
    const std::string part = Part(DumpText(), "deep");
    int used = 0;
    int size = 0;
    const size_t at = part.rfind("; ", part.find('\n'));
    EXPECT_EQ(
        sscanf(part.c_str() + at, "; %d of %d KiB of stack", &used, &size), 2)
        << part;
    EXPECT_GE(used, 100);
    EXPECT_LE(used, 116);
    EXPECT_GE(size, 240);
    // It ends where the thread block begins: within the page above, too.
    EXPECT_LE(size, 260);
    event.Set();
  });
}

TEST_F(DumpWaitsTest, CallersErrno_IsKept) {
  Run([] {
    errno = 77;
    EXPECT_TRUE(Runtime::Dump(-1));
    EXPECT_EQ(errno, 77);
  });
  errno = 78;
  EXPECT_FALSE(Runtime::Dump(-1));
  EXPECT_EQ(errno, 78);
}

void OwnHandler(int) {}

TEST_F(DumpWaitsTest, SignalsOwnHandler_IsBackAfterTheRun) {
  struct sigaction mine = {};
  mine.sa_handler = &OwnHandler;
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGQUIT, &mine, &before), 0);
  options_.dump_signal = SIGQUIT;
  Run([] {
    struct sigaction now;
    EXPECT_EQ(sigaction(SIGQUIT, nullptr, &now), 0);
    EXPECT_NE(now.sa_handler, &OwnHandler);
  });
  struct sigaction after;
  ASSERT_EQ(sigaction(SIGQUIT, &before, &after), 0);
  EXPECT_EQ(after.sa_handler, &OwnHandler);
}

}  // namespace
}  // namespace jiffy
