// Runtime::Dump reports what each thread does, whatever that is, and from
// anywhere it is called.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/jiffy.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "tests/runtime/dump_testing.h"
#include "tests/runtime/run_fixture.h"

// Not in a namespace, so that backtraces show these names.
[[gnu::noinline]] void DumpTestLock(jiffy::Mutex& mutex) {
  mutex.lock();
  asm volatile("" : : : "memory");
  mutex.unlock();
}

[[gnu::noinline]] void DumpTestSpin(std::atomic<bool>& done,
                                    std::atomic<int>& spinning) {
  spinning++;
  while (!done.load(std::memory_order_relaxed)) {
  }
  asm volatile("" : : : "memory");
}

[[gnu::noinline]] void DumpTestSleep(std::stop_token stop) {
  jiffy::this_thread::SleepFor(absl::Hours(1), stop);
  asm volatile("" : : : "memory");
}

namespace jiffy {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// Threads in every state; `look` is called once they are there.
void WithThreadsInEveryState(bool preempts, absl::FunctionRef<void()> look) {
  Mutex mutex;
  mutex.lock();
  std::atomic<bool> done = false;
  std::atomic<int> spinning = 0;
  Thread waiter({.name = "waiter"}, DumpTestLock, std::ref(mutex));
  Thread sleeper({.name = "sleeper"}, DumpTestSleep);
  Thread joiner({.name = "joiner"}, [&] { waiter.Join().IgnoreError(); });
  for (int i = 0; i < 100; ++i) this_thread::Yield();
  Thread spinner;
  if (preempts) {
    ThreadOptions options = ShortTurns();
    options.name = "spinner";
    spinner = Thread(options, DumpTestSpin, std::ref(done), std::ref(spinning));
    while (spinning == 0) this_thread::Yield();
  }
  look();
  done = true;
  mutex.unlock();
  joiner.Join().IgnoreError();
}

void ExpectThreadsInEveryState(bool preempts, const std::string& text) {
  EXPECT_THAT(text, HasSubstr(preempts ? "jiffy: 5 threads, scheduler "
                                       : "jiffy: 4 threads, scheduler "));
  const std::string waiter = Part(text, "waiter");
  EXPECT_THAT(waiter, ContainsRegex("waits for a Mutex at 0x[0-9a-f]+, held by "
                                    "'main' \\(#1\\), since [0-9]+(us|ms|s); "
                                    "[0-9]+us of CPU;"));
  EXPECT_THAT(waiter, HasSubstr("DumpTestLock()")) << text;
  EXPECT_THAT(waiter, Not(HasSubstr("Worker::Park")));
  EXPECT_THAT(Part(text, "sleeper"), HasSubstr("sleeps, since "));
  EXPECT_THAT(Part(text, "sleeper"), HasSubstr("DumpTestSleep()"));
  EXPECT_THAT(Part(text, "joiner"),
              HasSubstr("waits for 'waiter' (#2) to end"));
  if (preempts) {
    EXPECT_THAT(Part(text, "spinner"), HasSubstr("is ready to run; "));
    EXPECT_THAT(Part(text, "spinner"), HasSubstr("DumpTestSpin()"));
    EXPECT_THAT(Part(text, "spinner"), Not(HasSubstr("tick_in_handler")));
  }
  EXPECT_THAT(Part(text, "main"), HasSubstr("runs; "));
  EXPECT_THAT(text, Not(HasSubstr("corrupt")));
}

class DumpTest : public EveryRunModeTest {
 protected:
  DumpTest() { repetitions_ = 1; }
  bool preempts() const {
    for (const RunMode& mode : PreemptiveRunModes()) {
      if (mode.scheduler == GetParam().scheduler) return true;
    }
    return false;
  }
};

TEST_P(DumpTest, FromAGreenThread_TellsWhatEachDoes) {
  Run([&] {
    WithThreadsInEveryState(preempts(), [&] {
      const std::string text = DumpText();
      ExpectThreadsInEveryState(preempts(), text);
      EXPECT_THAT(Part(text, "main"), HasSubstr("WithThreadsInEveryState"));
    });
  });
}

TEST_P(DumpTest, FromAnotherOsThread_TellsWhatEachDoes) {
  Run([&] {
    WithThreadsInEveryState(preempts(), [&] {
      std::string text;
      std::atomic<bool> told = false;
      std::thread other([&] {
        text = DumpText();
        told = true;
      });
      // main keeps the CPU all the time: it never leaves this loop.
      NoPreempt guard;
      while (!told) {
      }
      other.join();
      ExpectThreadsInEveryState(preempts(), text);
    });
  });
}

TEST_P(DumpTest, WhileIdle_TellsWhoWaits) {
  Run([&] {
    Event event;
    std::string text;
    std::thread other([&] {
      while (text.find("waits for an Event") == std::string::npos) {
        text = DumpText();
      }
      event.Set();
    });
    EXPECT_TRUE(event.Wait() == WaitResult::kReady);
    other.join();
    EXPECT_THAT(Part(text, "main"), HasSubstr("waits for an Event at 0x"));
  });
}

TEST_P(DumpTest, Signal_DumpsToStandardError) {
  options_.dump_signal = SIGQUIT;
  for (const bool from_other : {false, true}) {
    CapturedStderr captured;
    Run([&] {
      WithThreadsInEveryState(preempts(), [&] {
        if (!from_other) {
          raise(SIGQUIT);
          return;
        }
        std::atomic<bool> sent = false;
        std::thread([&] {
          // Sent to the process: the kernel chooses the thread.
          pthread_kill(pthread_self(), SIGQUIT);
          sent = true;
        }).detach();
        NoPreempt guard;
        while (!sent || captured.Text().empty()) {
        }
      });
    });
    ExpectThreadsInEveryState(preempts(), captured.Text());
  }
}

// Dumps into a pipe that no one empties for several ticks.
void DumpSlowly() {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  const std::vector<char> filler(4096);
  while (write(ends[1], filler.data(), filler.size()) > 0) {
  }
  for (const int end : ends) fcntl(end, F_SETFL, 0);
  std::thread reader([&] {
    absl::SleepFor(absl::Milliseconds(5));
    std::vector<char> buffer(4096);
    while (read(ends[0], buffer.data(), buffer.size()) > 0) {
    }
  });
  EXPECT_TRUE(Runtime::Dump(ends[1]));
  close(ends[1]);
  reader.join();
  close(ends[0]);
}

// A tick that comes during a dump finds preemption on when the dump is over, so
// it acts at once. A tick may come just before the dump blocks its signal,
// hence the tries.
TEST_P(DumpTest, TickDuringIt_FindsPreemptionOn) {
  Run([] {
    const internal::Worker& worker = *internal::CurrentWorker();
    bool found = false;
    for (int i = 0; i < 20 && !found; ++i) {
      const uint64_t ticks = worker.ticks_delivered();
      const uint64_t guarded = worker.guarded_ticks;
      DumpSlowly();
      found =
          worker.ticks_delivered() != ticks && worker.guarded_ticks == guarded;
    }
    EXPECT_TRUE(found);
  });
}

TEST_P(DumpTest, WithoutARun_SaysSo) {
  EXPECT_FALSE(Runtime::Dump(STDERR_FILENO));
  Run([] {});
  EXPECT_FALSE(Runtime::Dump(STDERR_FILENO));
}

// ------------------------------------------------------- corrupt memory

// Dumps while a waiting thread's memory is corrupt.
std::string DumpCorrupt(absl::FunctionRef<void(internal::Task&)> corrupt,
                        absl::FunctionRef<void(internal::Task&)> mend) {
  Mutex mutex;
  mutex.lock();
  Thread waiter({.name = "waiter"}, DumpTestLock, std::ref(mutex));
  for (int i = 0; i < 100; ++i) this_thread::Yield();
  internal::Task* task = internal::CurrentWorker()->machine().all_tasks;
  while (task->id != waiter.Id()) task = task->all_next;
  std::string text;
  {
    NoPreempt guard;
    // Makes the memory writable, including the sanitizer's space between
    // variables.
    if constexpr (signals::kAddressSanitizer) signals::ReuseStack(*task);
    // A deliberate race.
    signals::BeginUnseen();
    corrupt(*task);
    text = DumpText();
    mend(*task);
    signals::EndUnseen();
  }
  mutex.unlock();
  EXPECT_TRUE(waiter.Join().ok());
  return text;
}

TEST_P(DumpTest, CorruptStack_IsNotFollowed) {
  for (const int byte : {0x00, 0x5a, 0xff}) {
    Run([&] {
      std::vector<char> kept;
      const std::string text = DumpCorrupt(
          [&](internal::Task& task) {
            char* sp = static_cast<char*>(task.context.sp);
            kept.assign(sp, reinterpret_cast<char*>(task.stack_high));
            memset(sp, byte, kept.size());
          },
          [&](internal::Task& task) {
            memcpy(task.context.sp, kept.data(), kept.size());
          });
      EXPECT_THAT(text, HasSubstr("'main' (#1) runs")) << byte;
      EXPECT_THAT(Part(text, "waiter"), Not(HasSubstr("DumpTestLock")));
    });
  }
}

TEST_P(DumpTest, CorruptStackPointer_IsNotFollowed) {
  for (const uintptr_t sp : {uintptr_t{0}, uintptr_t{16}, UINTPTR_MAX - 7}) {
    Run([&] {
      void* kept = nullptr;
      const std::string text = DumpCorrupt(
          [&](internal::Task& task) {
            kept = task.context.sp;
            task.context.sp = reinterpret_cast<void*>(sp);
          },
          [&](internal::Task& task) { task.context.sp = kept; });
      EXPECT_THAT(text, HasSubstr("'main' (#1) runs"));
      EXPECT_THAT(Part(text, "waiter"), Not(HasSubstr("DumpTestLock")));
    });
  }
}

TEST_P(DumpTest, CorruptWaitObject_IsNotFollowed) {
  Run([&] {
    const void* kept = nullptr;
    const std::string text = DumpCorrupt(
        [&](internal::Task& task) {
          kept = task.wait_object;
          task.wait_object = reinterpret_cast<const void*>(uintptr_t{16});
        },
        [&](internal::Task& task) { task.wait_object = kept; });
    EXPECT_THAT(text, HasSubstr("'main' (#1) runs"));
    EXPECT_THAT(Part(text, "waiter"), HasSubstr("control block is corrupt"));
    EXPECT_THAT(Part(text, "waiter"), HasSubstr("DumpTestLock"));
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, DumpTest, ::testing::ValuesIn(AllRunModes()),
                         RunModeName);

// ---------------------------------------------------------- many threads

TEST(DumpOfManyTest, TenThousandThreads_AreAllTold) {
  if (signals::kThreadSanitizer) {
    GTEST_SKIP() << "ThreadSanitizer knows 8128 threads at most";
  }
  // Valgrind walks all stacks at a switch to another.
  constexpr int kThreads = signals::kValgrind ? 1'000 : 10'000;
  Output output;
  absl::Duration taken;
  ASSERT_TRUE(jiffy::Run({}, [&] {
                Event event;
                std::vector<Thread> threads;
                for (int i = 0; i < kThreads; ++i) {
                  threads.emplace_back([&] { event.Wait(); });
                }
                for (int i = 0; i < 10; ++i) this_thread::Yield();
                const absl::Time begin = absl::Now();
                EXPECT_TRUE(Runtime::Dump(output.fd()));
                taken = absl::Now() - begin;
                event.Set();
              }).ok());
  printf("%d threads dumped in %s\n", kThreads,
         absl::FormatDuration(taken).c_str());
  const std::string text = output.Text();
  size_t waiting = 0;
  for (size_t at = 0;
       (at = text.find("waits for an Event", at)) != std::string::npos; ++at) {
    waiting++;
  }
  EXPECT_EQ(waiting, static_cast<size_t>(kThreads));
  EXPECT_THAT(Part(text, "thread-500"), HasSubstr("Event::Wait"));
}

}  // namespace
}  // namespace jiffy
