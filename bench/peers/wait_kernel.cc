// std:: on kernel threads.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "bench/peers/rounds.h"
#include "benchmark/benchmark.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock_Std(benchmark::State& state) {
  std::mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}
BENCHMARK(BM_LockUnlock_Std);

void BM_MutexConditionRoundTrip_Std(benchmark::State& state) {
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
BENCHMARK(BM_MutexConditionRoundTrip_Std)->UseRealTime();

}  // namespace
}  // namespace jiffy::bench
