// OS threads wake green threads through the worker's mailbox: no wake-up is
// lost, whether the sleeper sleeps, is about to, or the CPU idles.
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/task.h"
#include "runtime/worker.h"
#include "signals/preempt.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// Waits until somebody wakes the calling green thread from outside, or has done
// so since it last waited.
void WaitForOsThread() {
  signals::PreemptGuard guard;
  internal::CurrentWorker()->Park(internal::WaitKind::kExternal, nullptr,
                                  internal::Worker::kNoDeadline);
}

// A green thread as an OS thread finds it.
struct Sleeper {
  std::atomic<internal::Task*> task = nullptr;
  std::atomic<uint64_t> wanted = 0;
  std::atomic<uint64_t> done = 0;
  std::atomic<bool> released = false;
};

class ExternalWakeTest : public EveryRunModeTest {};

TEST_P(ExternalWakeTest, EverybodySleeps_RunGoesOnWhenWoken) {
  Run([] {
    Sleeper sleeper;
    internal::Worker* const worker = internal::CurrentWorker();
    std::thread waker([&] {
      while (sleeper.task == nullptr) std::this_thread::yield();
      sleeper.done = 1;
      worker->WakeRemote(sleeper.task);
    });
    sleeper.task = internal::CurrentTask();
    // No deadlock: an OS thread may wake it.
    while (sleeper.done == 0) WaitForOsThread();
    waker.join();
  });
}

// The wake-up comes before the wait: the next wait ends at once, once.
TEST_P(ExternalWakeTest, WokenBeforeItWaits_NextWaitEndsAtOnce) {
  Run([] {
    internal::Worker* const worker = internal::CurrentWorker();
    internal::Task* const task = internal::CurrentTask();
    for (int i = 0; i < 10; ++i) {
      std::thread([&] { worker->WakeRemote(task); }).join();
      WaitForOsThread();
    }
  });
}

TEST_P(ExternalWakeTest, ManySleepersAndWakers_NoWakeUpIsLost) {
  constexpr int kSleepers = 5;
  constexpr uint64_t kRounds = 300;
  repetitions_ = 1;
  Run([] {
    internal::Worker* const worker = internal::CurrentWorker();
    std::vector<Sleeper> sleepers(kSleepers);
    std::vector<Thread> threads;
    threads.reserve(sleepers.size());
    for (Sleeper& sleeper : sleepers) {
      threads.emplace_back(ShortTurns(), [&sleeper] {
        sleeper.task = internal::CurrentTask();
        for (uint64_t round = 1; round <= kRounds; ++round) {
          while (sleeper.wanted < round) WaitForOsThread();
          sleeper.done = round;
        }
        // A wake-up must not find a thread that is gone; nor must one lie in
        // the mailbox, which is emptied at each switch.
        while (!sleeper.released) {
          this_thread::SleepFor(absl::Microseconds(10));
        }
        this_thread::SleepFor(absl::Microseconds(10));
      });
    }
    // Each waits for its sleeper, so that the CPU idles now and then.
    std::vector<std::thread> wakers;
    wakers.reserve(sleepers.size());
    for (Sleeper& sleeper : sleepers) {
      wakers.emplace_back([&sleeper, worker] {
        while (sleeper.task == nullptr) std::this_thread::yield();
        for (uint64_t round = 1; round <= kRounds; ++round) {
          sleeper.wanted = round;
          worker->WakeRemote(sleeper.task);
          while (sleeper.done < round) std::this_thread::yield();
        }
        sleeper.released = true;
      });
    }
    for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    for (std::thread& waker : wakers) waker.join();
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, ExternalWakeTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
