// How a contestant enters a row of the table: a benchmark named "ROW/PEER".
//
//   [[maybe_unused]] const Row kRows[] = {
//       AddRow("ring/2", "pth", Ring<2>),
//   };
//
// bench/driver knows what the rows are called in print, and which of the
// figures of a benchmark counts; each benchmark runs in a process of its own.
#ifndef JIFFY_BENCH_SUITE_ROW_H_
#define JIFFY_BENCH_SUITE_ROW_H_

#include <signal.h>

#include <cstdint>
#include <cstdio>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "runtime/jiffy.h"

namespace jiffy::bench {

// Threads of a batch that are spawned before the first is joined.
inline constexpr int64_t kBatch = 10'000;
// Rounds of an iteration for which threads are started anew, so that starting
// them does not count.
inline constexpr int64_t kRounds = 10'000;

using Row = benchmark::internal::Benchmark*;

// Adds a contestant. Its CPU time is that of the whole process.
template <typename Fn>
Row AddRow(absl::string_view row, absl::string_view peer, Fn fn) {
  return benchmark::RegisterBenchmark(absl::StrCat(row, "/", peer).c_str(), fn)
      ->MeasureProcessCPUTime();
}

// Runs `fn` in a run of jiffy; a benchmark that cannot run says so. The driver
// asks one that is late, by SIGQUIT, what its threads wait for.
inline void InRun(benchmark::State& state, RuntimeOptions options,
                  absl::FunctionRef<void()> fn) {
  options.dump_signal = SIGQUIT;
  const absl::Status status = Run(std::move(options), fn);
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
}

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_SUITE_ROW_H_
