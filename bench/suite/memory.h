// The memory of parked threads.
#ifndef JIFFY_BENCH_SUITE_MEMORY_H_
#define JIFFY_BENCH_SUITE_MEMORY_H_

#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "benchmark/benchmark.h"

namespace jiffy::bench {

// Bytes of memory that the process has touched.
inline int64_t ResidentBytes() {
  long pages = 0;
  if (FILE* file = fopen("/proc/self/statm", "r")) {
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    fclose(file);
  }
  return int64_t{pages} * sysconf(_SC_PAGESIZE);
}

// Sets the counter "bytes": of each of `threads`, made since `before`.
inline void CountBytes(benchmark::State& state, int64_t before,
                       int64_t threads) {
  state.counters["bytes"] = static_cast<double>(ResidentBytes() - before) /
                            static_cast<double>(threads);
}

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_SUITE_MEMORY_H_
