// jiffy's synchronization primitives as users get them: own TLS, preemption
// on.

#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bench/suite/row.h"
#include "runtime/jiffy.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock(benchmark::State& state) {
  InRun(state, {}, [&] {
    Mutex mutex;
    for (auto _ : state) {
      mutex.lock();
      benchmark::ClobberMemory();
      mutex.unlock();
    }
  });
}

void BM_MutexConditionRoundTrip(benchmark::State& state) {
  InRun(state, {}, [&] {
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

void BM_ChannelRoundTrip(benchmark::State& state) {
  InRun(state, {}, [&] {
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

void BM_SemaphoreRoundTrip(benchmark::State& state) {
  InRun(state, {}, [&] {
    while (state.KeepRunningBatch(kRounds)) {
      BinarySemaphore there(0);
      BinarySemaphore back(0);
      Thread other([&] {
        for (int64_t i = 0; i < kRounds; ++i) {
          there.acquire();
          back.release();
        }
      });
      for (int64_t i = 0; i < kRounds; ++i) {
        there.release();
        back.acquire();
      }
    }
  });
}

// Timers that go off after the end of the benchmark, in no order.
constexpr int64_t kPending = 1'000'000;
absl::Duration Later(int64_t i) {
  return absl::Seconds(1000) + absl::Microseconds(i * 104'729 % 999'983);
}

// Runs `fn` with a million timers pending.
void WithPending(benchmark::State& state,
                 absl::FunctionRef<void(Timer* timers)> fn) {
  InRun(state, {}, [&] {
    const auto timers = std::make_unique<Timer[]>(kPending);
    for (int64_t i = 0; i < kPending; ++i) {
      timers[static_cast<size_t>(i)].Set(Later(i)).IgnoreError();
    }
    fn(timers.get());
  });
}

void BM_TimerSetCancel(benchmark::State& state) {
  WithPending(state, [&](Timer* /*timers*/) {
    Timer timer;
    int64_t i = 0;
    for (auto _ : state) {
      timer.Set(Later(i++)).IgnoreError();
      timer.Cancel();
    }
  });
}

// Sets anew one that is pending, anywhere among them.
void BM_TimerReset(benchmark::State& state) {
  WithPending(state, [&](Timer* timers) {
    int64_t i = 0;
    for (auto _ : state) {
      timers[i * 7919 % kPending].Set(Later(i)).IgnoreError();
      ++i;
    }
  });
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("lock_unlock", "jiffy", BM_LockUnlock),
    AddRow("ping_pong/mutex_condition", "jiffy", BM_MutexConditionRoundTrip),
    AddRow("ping_pong/channel", "jiffy", BM_ChannelRoundTrip),
    AddRow("ping_pong/semaphore", "jiffy", BM_SemaphoreRoundTrip),
    AddRow("timer/set_cancel", "jiffy", BM_TimerSetCancel),
    AddRow("timer/reset", "jiffy", BM_TimerReset),
};

}  // namespace
}  // namespace jiffy::bench
