// Boost.Fiber.

#include <boost/fiber/all.hpp>
#include <mutex>

#include "bench/peers/rounds.h"
#include "benchmark/benchmark.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock_BoostFiber(benchmark::State& state) {
  boost::fibers::mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}
BENCHMARK(BM_LockUnlock_BoostFiber);

void BM_MutexConditionRoundTrip_BoostFiber(benchmark::State& state) {
  while (state.KeepRunningBatch(kRounds)) {
    boost::fibers::mutex mutex;
    boost::fibers::condition_variable changed;
    int turn = 0;
    const auto play = [&](int me) {
      std::unique_lock<boost::fibers::mutex> lock(mutex);
      for (int i = 0; i < kRounds; ++i) {
        changed.wait(lock, [&] { return turn == me; });
        turn = 1 - me;
        changed.notify_one();
      }
    };
    boost::fibers::fiber other([&] { play(1); });
    play(0);
    other.join();
  }
}
BENCHMARK(BM_MutexConditionRoundTrip_BoostFiber);

void BM_ChannelRoundTrip_BoostFiber(benchmark::State& state) {
  while (state.KeepRunningBatch(kRounds)) {
    boost::fibers::unbuffered_channel<int> there;
    boost::fibers::unbuffered_channel<int> back;
    boost::fibers::fiber other([&] {
      for (const int value : there) back.push(value);
    });
    for (int i = 0; i < kRounds; ++i) {
      there.push(i);
      benchmark::DoNotOptimize(back.value_pop());
    }
    there.close();
    other.join();
  }
}
BENCHMARK(BM_ChannelRoundTrip_BoostFiber);

}  // namespace
}  // namespace jiffy::bench
