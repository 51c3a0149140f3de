// What a trace costs: an event by itself, a yield and a span with and without,
// and the same work at 10,000 switches a second with and without.
//
//   bazel run //bench:trace_benchmark
//
// Look at the CPU times; the machine's clock alone, BM_Clock, is most of an
// event.

#include <cstdint>
#include <vector>

#include "arch/cycles.h"
#include "benchmark/benchmark.h"
#include "runtime/core/tracer.h"
#include "runtime/jiffy.h"
#include "signals/tick.h"

namespace jiffy {
namespace {

// Events that are recorded, if any are; the file is not written.
size_t Capacity(bool traced) { return traced ? kDefaultTraceCapacity : 0; }

template <typename F>
void InRun(benchmark::State& state, const RuntimeOptions& options, F fn) {
  const absl::Status status = Run(options, fn);
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}

void BM_Clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(arch::Cycles());
}
BENCHMARK(BM_Clock);

void BM_Event(benchmark::State& state) {
  internal::Tracer tracer;
  const absl::Status status =
      tracer.Start(kDefaultTraceCapacity, signals::MonotonicNs(), false);
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  uint64_t id = 0;
  for (auto _ : state) {
    tracer.Record(tracer.Stamp(), internal::TraceKind::kSwitch, 0, ++id);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_Event);

// One iteration is one switch, and one event.
void BM_Yield(benchmark::State& state, bool traced) {
  const int64_t threads = state.range(0);
  InRun(state, {.trace_capacity = Capacity(traced)}, [&] {
    bool stop = false;
    std::vector<Thread> ring;
    for (int64_t i = 1; i < threads; ++i) {
      ring.emplace_back([&stop] {
        while (!stop) this_thread::Yield();
      });
    }
    this_thread::Yield();
    while (state.KeepRunningBatch(threads)) this_thread::Yield();
    stop = true;
  });
}
BENCHMARK_CAPTURE(BM_Yield, untraced, false)
    ->ArgName("threads")
    ->Arg(2)
    ->Arg(100);
BENCHMARK_CAPTURE(BM_Yield, traced, true)->ArgName("threads")->Arg(2)->Arg(100);

// Two events.
void BM_Span(benchmark::State& state, bool traced) {
  InRun(state, {.trace_capacity = Capacity(traced)}, [&] {
    for (auto _ : state) TraceScope scope("span");
  });
}
BENCHMARK_CAPTURE(BM_Span, untraced, false);
BENCHMARK_CAPTURE(BM_Span, traced, true);

uint64_t Work(uint64_t rounds) {
  uint64_t x = 88172645463325252u;
  for (uint64_t i = 0; i < rounds; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

// Two threads that never yield take turns of 100 us.
void BM_Work_10000SwitchesASecond(benchmark::State& state, bool traced) {
  constexpr uint64_t kRounds = 50'000'000;
  for (auto _ : state) {
    InRun(state,
          {.time_slice = absl::Microseconds(100),
           .trace_capacity = Capacity(traced)},
          [] {
            Thread other([] { benchmark::DoNotOptimize(Work(kRounds)); });
            benchmark::DoNotOptimize(Work(kRounds));
          });
  }
}
BENCHMARK_CAPTURE(BM_Work_10000SwitchesASecond, untraced, false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Work_10000SwitchesASecond, traced, true)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jiffy

BENCHMARK_MAIN();
