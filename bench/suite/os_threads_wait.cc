// What the kernel's threads wait on, by the standard library. On one CPU, where
// the driver puts every contestant.

#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock(benchmark::State& state) {
  // In a process that never had a second thread, libc leaves out the atomic
  // instructions.
  std::thread([] {}).join();
  std::mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}

void BM_MutexConditionRoundTrip(benchmark::State& state) {
  while (state.KeepRunningBatch(kRounds)) {
    std::mutex mutex;
    std::condition_variable changed;
    int turn = 0;
    const auto play = [&](int me) {
      std::unique_lock lock(mutex);
      for (int i = 0; i < kRounds; ++i) {
        changed.wait(lock, [&] { return turn == me; });
        turn = 1 - me;
        changed.notify_one();
      }
    };
    std::thread other([&] { play(1); });
    play(0);
    other.join();
  }
}

void BM_SemaphoreRoundTrip(benchmark::State& state) {
  while (state.KeepRunningBatch(kRounds)) {
    std::binary_semaphore there(0);
    std::binary_semaphore back(0);
    std::thread other([&] {
      for (int64_t i = 0; i < kRounds; ++i) {
        there.acquire();
        back.release();
      }
    });
    for (int64_t i = 0; i < kRounds; ++i) {
      there.release();
      back.acquire();
    }
    other.join();
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("lock_unlock", "std_thread", BM_LockUnlock),
    AddRow("ping_pong/mutex_condition", "std_thread",
           BM_MutexConditionRoundTrip),
    AddRow("ping_pong/semaphore", "std_thread", BM_SemaphoreRoundTrip),
};

}  // namespace
}  // namespace jiffy::bench
