// Code that the latency benchmarks share.
#ifndef JIFFY_BENCH_SUITE_LATENCY_H_
#define JIFFY_BENCH_SUITE_LATENCY_H_

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"

namespace jiffy::bench {

// A clock's time in nanoseconds.
inline int64_t NowNs(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Of times in nanoseconds.
struct Percentiles {
  explicit Percentiles(std::vector<int64_t> times) {
    std::sort(times.begin(), times.end());
    const auto at = [&](double share) {
      const auto rank = static_cast<double>(times.size() - 1) * share;
      return static_cast<double>(times[static_cast<size_t>(rank)]);
    };
    p50 = at(0.50);
    p99 = at(0.99);
    max = at(1);
  }

  double p50;
  double p99;
  double max;
};

// Sets the counters p50, p99 and max.
inline void CountPercentiles(benchmark::State& state,
                             std::vector<int64_t> times) {
  const Percentiles all(std::move(times));
  state.counters["p50"] = all.p50;
  state.counters["p99"] = all.p99;
  state.counters["max"] = all.max;
}

// Computes; a round takes about a nanosecond, and always as long on a CPU that
// nobody else wants.
inline uint64_t Compute(int64_t rounds) {
  uint64_t x = 88172645463325252u;
  for (int64_t i = 0; i < rounds; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    benchmark::DoNotOptimize(x);
  }
  return x;
}

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_SUITE_LATENCY_H_
