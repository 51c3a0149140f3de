// jiffy, as users get it: own TLS, preemption on.

#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bench/peers/rounds.h"
#include "benchmark/benchmark.h"
#include "runtime/jiffy.h"

namespace jiffy::bench {
namespace {

template <typename F>
void InRun(benchmark::State& state, F fn) {
  const absl::Status status = Run({}, fn);
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}

void BM_LockUnlock_Jiffy(benchmark::State& state) {
  InRun(state, [&] {
    Mutex mutex;
    for (auto _ : state) {
      mutex.lock();
      benchmark::ClobberMemory();
      mutex.unlock();
    }
  });
}
BENCHMARK(BM_LockUnlock_Jiffy);

void BM_MutexConditionRoundTrip_Jiffy(benchmark::State& state) {
  InRun(state, [&] {
    while (state.KeepRunningBatch(kRounds)) {
      Mutex mutex;
      ConditionVariable changed;
      int turn = 0;
      const auto play = [&](int me) {
        std::unique_lock lock(mutex);
        for (int i = 0; i < kRounds; ++i) {
          changed.wait(lock, [&] { return turn == me; });
          turn = 1 - me;
          changed.notify_one();
        }
      };
      Thread other([&] { play(1); });
      play(0);
    }
  });
}
BENCHMARK(BM_MutexConditionRoundTrip_Jiffy);

void BM_ChannelRoundTrip_Jiffy(benchmark::State& state) {
  InRun(state, [&] {
    while (state.KeepRunningBatch(kRounds)) {
      Channel<int> there;
      Channel<int> back;
      Thread other([&] {
        for (const int value : there) back.Send(value).IgnoreError();
      });
      for (int i = 0; i < kRounds; ++i) {
        there.Send(i).IgnoreError();
        benchmark::DoNotOptimize(back.Receive());
      }
      there.Close();
    }
  });
}
BENCHMARK(BM_ChannelRoundTrip_Jiffy);

void BM_TimerSetCancel_Jiffy(benchmark::State& state) {
  InRun(state, [&] {
    const int64_t pending = state.range(0);
    const auto timers = std::make_unique<Timer[]>(static_cast<size_t>(pending));
    for (int64_t i = 0; i < pending; ++i) {
      timers[static_cast<size_t>(i)]
          .Set(absl::Seconds(1000) + absl::Microseconds(i * 7919 % 1'000'003))
          .IgnoreError();
    }
    Timer timer;
    int64_t i = 0;
    for (auto _ : state) {
      timer
          .Set(absl::Seconds(1000) +
               absl::Microseconds(i++ * 104'729 % 999'983))
          .IgnoreError();
      timer.Cancel();
    }
  });
}
BENCHMARK(BM_TimerSetCancel_Jiffy)->ArgName("pending")->Arg(0)->Arg(1'000'000);

// Cancels a pending one at random and sets it anew.
void BM_TimerReset_Jiffy(benchmark::State& state) {
  InRun(state, [&] {
    const int64_t pending = state.range(0);
    const auto timers = std::make_unique<Timer[]>(static_cast<size_t>(pending));
    int64_t i = 0;
    const auto set = [&](int64_t which) {
      timers[static_cast<size_t>(which)]
          .Set(absl::Seconds(1000) +
               absl::Microseconds(i++ * 104'729 % 999'983))
          .IgnoreError();
    };
    for (int64_t k = 0; k < pending; ++k) set(k);
    for (auto _ : state) set(i * 7919 % pending);
  });
}
BENCHMARK(BM_TimerReset_Jiffy)->ArgName("pending")->Arg(1'000'000);

}  // namespace
}  // namespace jiffy::bench
