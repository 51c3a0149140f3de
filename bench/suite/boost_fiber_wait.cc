// Boost.Fiber: what its fibers wait on.

#include <boost/fiber/all.hpp>
#include <mutex>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock(benchmark::State& state) {
  boost::fibers::mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}

void BM_MutexConditionRoundTrip(benchmark::State& state) {
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

void BM_ChannelRoundTrip(benchmark::State& state) {
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

[[maybe_unused]] const Row kRows[] = {
    AddRow("lock_unlock", "boost_fiber", BM_LockUnlock),
    AddRow("ping_pong/mutex_condition", "boost_fiber",
           BM_MutexConditionRoundTrip),
    AddRow("ping_pong/channel", "boost_fiber", BM_ChannelRoundTrip),
};

}  // namespace
}  // namespace jiffy::bench
