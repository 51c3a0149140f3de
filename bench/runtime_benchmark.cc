// What threads cost: yield rings, spawn and join, memory, preemption. Own TLS
// and preemption on, as users get them, with the kernel's threads and ucontext
// as baselines in the same binary.
//
//   bazel run //bench:runtime_benchmark
//
// Absolute figures vary with the machine and its load; the ratios of one run
// hold.

#include <sched.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "benchmark/benchmark.h"
#include "runtime/jiffy.h"

namespace jiffy {
namespace {

constexpr size_t kSmallStack = size_t{16} << 10;

// Runs `fn` in a run of its own; a benchmark that cannot run says so.
template <typename F>
void InRun(benchmark::State& state, const RuntimeOptions& options, F fn) {
  const absl::Status status = Run(options, fn);
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}

// One thread's yield in a ring of `threads`: one iteration is one switch.
void BM_Yield(benchmark::State& state, bool shared_tls) {
  const int64_t threads = state.range(0);
  InRun(state, {.shared_tls = shared_tls}, [&] {
    bool stop = false;
    std::vector<Thread> ring;
    for (int64_t i = 1; i < threads; ++i) {
      ring.emplace_back(ThreadOptions{.stack_size = kSmallStack}, [&stop] {
        while (!stop) this_thread::Yield();
      });
    }
    this_thread::Yield();
    while (state.KeepRunningBatch(threads)) this_thread::Yield();
    stop = true;
  });
}
BENCHMARK_CAPTURE(BM_Yield, own_tls, false)
    ->ArgName("threads")
    ->Arg(2)
    ->Arg(100)
    ->Arg(10'000);
BENCHMARK_CAPTURE(BM_Yield, shared_tls, true)
    ->ArgName("threads")
    ->Arg(2)
    ->Arg(100)
    ->Arg(10'000);

void BM_SpawnJoin_Single(benchmark::State& state) {
  InRun(state, {}, [&] {
    for (auto _ : state) {
      Thread thread([] {});
      thread.Join().IgnoreError();
    }
  });
}
BENCHMARK(BM_SpawnJoin_Single);

void BM_SpawnJoin_Batch(benchmark::State& state) {
  const int64_t batch = state.range(0);
  InRun(state, {}, [&] {
    std::vector<Thread> threads;
    threads.reserve(static_cast<size_t>(batch));
    while (state.KeepRunningBatch(batch)) {
      for (int64_t i = 0; i < batch; ++i) {
        threads.emplace_back(ThreadOptions{.stack_size = kSmallStack}, [] {});
      }
      threads.clear();
    }
  });
}
BENCHMARK(BM_SpawnJoin_Batch)->ArgName("batch")->Arg(10'000);

// Bytes that one more thread costs while it waits.
void BM_ParkedThread_Memory(benchmark::State& state) {
  const auto resident = [] {
    long pages = 0;
    if (FILE* file = fopen("/proc/self/statm", "r")) {
      if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
      fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE);
  };
  const int64_t count = state.range(0);
  for (auto _ : state) {
    InRun(state, {.preempt = false}, [&] {
      std::vector<Thread> threads;
      threads.reserve(static_cast<size_t>(count));
      const long before = resident();
      for (int64_t i = 0; i < count; ++i) {
        // A size of its own, so that no stack is one that others have touched.
        threads.emplace_back(ThreadOptions{.stack_size = 2 * kSmallStack},
                             [] { this_thread::SleepFor(absl::Seconds(1)); });
      }
      // Without ticks, nobody has run yet; after this, all sleep.
      this_thread::Yield();
      state.counters["bytes_per_thread"] =
          static_cast<double>(resident() - before) / static_cast<double>(count);
    });
  }
}
BENCHMARK(BM_ParkedThread_Memory)
    ->ArgName("threads")
    ->Arg(100'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// A fixed amount of work in two threads that never yield, by time slice;
// against BM_Work_Alone it tells what preemption costs.
uint64_t Work(uint64_t rounds) {
  uint64_t x = 88172645463325252u;
  for (uint64_t i = 0; i < rounds; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}
constexpr uint64_t kRounds = 50'000'000;

void BM_Work_Preempted(benchmark::State& state) {
  const absl::Duration slice = absl::Microseconds(state.range(0));
  for (auto _ : state) {
    InRun(state, {.time_slice = slice}, [] {
      Thread other([] { benchmark::DoNotOptimize(Work(kRounds / 2)); });
      benchmark::DoNotOptimize(Work(kRounds / 2));
    });
  }
}
BENCHMARK(BM_Work_Preempted)
    ->ArgName("slice_us")
    ->Arg(10'000)
    ->Arg(1'000)
    ->Arg(100)
    ->Arg(50)
    ->Unit(benchmark::kMillisecond);

void BM_Work_Alone(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Work(kRounds));
}
BENCHMARK(BM_Work_Alone)->Unit(benchmark::kMillisecond);

// Baselines.

void BM_Baseline_Swapcontext(benchmark::State& state) {
  constexpr size_t kStack = size_t{64} << 10;
  static ucontext_t main_context;
  static ucontext_t other_context;
  const auto stack = std::make_unique<char[]>(kStack);
  getcontext(&other_context);
  other_context.uc_stack.ss_sp = stack.get();
  other_context.uc_stack.ss_size = kStack;
  makecontext(
      &other_context,
      +[] {
        for (;;) swapcontext(&other_context, &main_context);
      },
      0);
  while (state.KeepRunningBatch(2)) swapcontext(&main_context, &other_context);
}
BENCHMARK(BM_Baseline_Swapcontext);

void BM_Baseline_StdThread_Yield(benchmark::State& state) {
  cpu_set_t old;
  sched_getaffinity(0, sizeof old, &old);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);
  std::atomic<bool> stop{false};
  std::thread other([&stop] {
    while (!stop.load(std::memory_order_relaxed)) std::this_thread::yield();
  });
  while (state.KeepRunningBatch(2)) std::this_thread::yield();
  stop = true;
  other.join();
  sched_setaffinity(0, sizeof old, &old);
}
BENCHMARK(BM_Baseline_StdThread_Yield);

void BM_Baseline_StdThread_SpawnJoin(benchmark::State& state) {
  for (auto _ : state) std::thread([] {}).join();
}
BENCHMARK(BM_Baseline_StdThread_SpawnJoin)->UseRealTime();

}  // namespace
}  // namespace jiffy

BENCHMARK_MAIN();
