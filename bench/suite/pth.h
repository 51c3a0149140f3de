// GNU Pth serves the thread that started it, until it is killed.
#ifndef JIFFY_BENCH_SUITE_PTH_H_
#define JIFFY_BENCH_SUITE_PTH_H_

#include <pth.h>

#include "benchmark/benchmark.h"

namespace jiffy::bench {

class InPth {
 public:
  explicit InPth(benchmark::State& state) {
    if (pth_init() == 0) state.SkipWithError("pth_init failed");
  }
  ~InPth() { pth_kill(); }
  InPth(const InPth&) = delete;
  InPth& operator=(const InPth&) = delete;
};

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_SUITE_PTH_H_
