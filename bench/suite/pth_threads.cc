// GNU Pth: rings, spawn and join.

#include <pth.h>

#include <vector>

#include "bench/suite/pth.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void* Nothing(void*) { return nullptr; }

void* YieldUntil(void* stop) {
  while (!*static_cast<const bool*>(stop)) pth_yield(nullptr);
  return nullptr;
}

template <int64_t kThreads>
void BM_Ring(benchmark::State& state) {
  const InPth pth(state);
  bool stop = false;
  std::vector<pth_t> ring;
  for (int64_t i = 1; i < kThreads; ++i) {
    ring.push_back(pth_spawn(PTH_ATTR_DEFAULT, YieldUntil, &stop));
  }
  pth_yield(nullptr);
  while (state.KeepRunningBatch(kThreads)) pth_yield(nullptr);
  stop = true;
  for (const pth_t member : ring) pth_join(member, nullptr);
}

void BM_SpawnJoinSingle(benchmark::State& state) {
  const InPth pth(state);
  for (auto _ : state) {
    pth_join(pth_spawn(PTH_ATTR_DEFAULT, Nothing, nullptr), nullptr);
  }
}

void BM_SpawnJoinBatch(benchmark::State& state) {
  const InPth pth(state);
  std::vector<pth_t> threads;
  threads.reserve(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    for (int64_t i = 0; i < kBatch; ++i) {
      threads.push_back(pth_spawn(PTH_ATTR_DEFAULT, Nothing, nullptr));
    }
    for (const pth_t thread : threads) pth_join(thread, nullptr);
    threads.clear();
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("ring/2", "pth", BM_Ring<2>),
    AddRow("ring/100", "pth", BM_Ring<100>),
    // Not ring/10000: a yield takes 0.3 ms there, as it looks at all threads.
    AddRow("spawn_join/single", "pth", BM_SpawnJoinSingle),
    AddRow("spawn_join/batch", "pth", BM_SpawnJoinBatch),
};

}  // namespace
}  // namespace jiffy::bench
