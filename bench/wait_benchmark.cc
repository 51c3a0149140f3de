// What std::mutex and std::condition_variable cost inside green threads. Built
// twice, with libc's functions interposed and without:
//
//   bazel run //bench:wait_benchmark
//   bazel run //bench:wait_benchmark_native
//
// `use` is the share of its CPU that the worker spends on the threads' work,
// where time that the kernel gave to other programs does not count.

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "runtime/jiffy.h"

namespace jiffy {
namespace {

// A piece of work that takes the same time whenever it runs.
constexpr int kStepsOfWork = 40'000;
void Work() {
  for (int i = 0; i < kStepsOfWork; ++i) asm volatile("" : : : "memory");
}

// Nanoseconds on a CPU, and waiting for one, of the calling OS thread.
struct KernelTimes {
  int64_t cpu_ns = 0;
  int64_t delay_ns = 0;

  static KernelTimes Now() {
    KernelTimes times;
    // (Green threads have no /proc entry of their own; this is the worker's.)
    FILE* file = fopen("/proc/thread-self/schedstat", "r");
    if (file == nullptr) return times;
    long long cpu = 0;
    long long delay = 0;
    if (fscanf(file, "%lld %lld", &cpu, &delay) == 2) times = {cpu, delay};
    fclose(file);
    return times;
  }
};

// Runs `fn`, returns nanoseconds that the worker could have computed in.
template <typename Fn>
int64_t AvailableNs(Fn fn) {
  const KernelTimes before = KernelTimes::Now();
  const int64_t begin = absl::GetCurrentTimeNanos();
  fn();
  const int64_t wall = absl::GetCurrentTimeNanos() - begin;
  return wall - (KernelTimes::Now().delay_ns - before.delay_ns);
}

// Threads that compute under a lock and without, and hand a turn round.
void BM_LocksUnderPreemption(benchmark::State& state) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 100;
  const RuntimeOptions options = {.time_slice = absl::Milliseconds(1),
                                  .tick = absl::Milliseconds(1)};
  int64_t work_ns = 0;
  int64_t available_ns = 0;
  for (auto _ : state) {
    const absl::Status status = Run(options, [&] {
      // How long the work takes alone, under the same ticks.
      const int64_t alone_ns = AvailableNs([] {
        for (int i = 0; i < kThreads * kRounds; ++i) Work();
      });
      std::mutex mutex;
      std::condition_variable changed;
      int turn = 0;
      available_ns += AvailableNs([&] {
        std::deque<Thread> threads;
        for (int mine = 0; mine < kThreads; ++mine) {
          threads.emplace_back([&, mine] {
            for (int round = 0; round < kRounds; ++round) {
              if (round % 2 == 0) {
                const std::lock_guard lock(mutex);
                Work();
              } else if (round % 4 == 1) {
                Work();
              } else {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return turn % kThreads == mine; });
                Work();
                turn++;
                changed.notify_all();
              }
            }
          });
        }
        for (Thread& thread : threads) thread.Join().IgnoreError();
      });
      work_ns += alone_ns;
    });
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  }
  state.counters["use"] =
      static_cast<double>(work_ns) / static_cast<double>(available_ns);
}
BENCHMARK(BM_LocksUnderPreemption)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void LockAndUnlock(benchmark::State& state) {
  std::mutex mutex;
  for (auto _ : state) {
    mutex.lock();
    mutex.unlock();
  }
}

void BM_LockUnlock_GreenThread(benchmark::State& state) {
  const absl::Status status = Run({}, [&] { LockAndUnlock(state); });
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}
BENCHMARK(BM_LockUnlock_GreenThread);

void BM_LockUnlock_OsThread(benchmark::State& state) {
  std::thread([&] { LockAndUnlock(state); }).join();
}
BENCHMARK(BM_LockUnlock_OsThread);

// Two threads hand the turn to and fro; an iteration is a round trip.
[[maybe_unused]] void BM_PingPong(benchmark::State& state) {
  const absl::Status status = Run({}, [&] {
    std::mutex mutex;
    std::condition_variable changed;
    bool pinged = false;
    bool over = false;
    Thread other([&] {
      std::unique_lock lock(mutex);
      for (;;) {
        changed.wait(lock, [&] { return pinged || over; });
        if (over) return;
        pinged = false;
        changed.notify_one();
      }
    });
    std::unique_lock lock(mutex);
    for (auto _ : state) {
      pinged = true;
      changed.notify_one();
      changed.wait(lock, [&] { return !pinged; });
    }
    over = true;
    changed.notify_one();
  });
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}
#if defined(JIFFY_INTERPOSED)
// Without, each hand-over takes a tick.
BENCHMARK(BM_PingPong);
#endif

}  // namespace
}  // namespace jiffy

BENCHMARK_MAIN();
