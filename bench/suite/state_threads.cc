// State Threads: rings, spawn and join. Its yield is a sleep of no time, as it
// has no other.

#include <st.h>

#include <vector>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void* Nothing(void*) { return nullptr; }

void* YieldUntil(void* stop) {
  while (!*static_cast<const bool*>(stop)) st_usleep(0);
  return nullptr;
}

st_thread_t Spawn(void* (*fn)(void*), void* argument) {
  return st_thread_create(fn, argument, /*joinable=*/1, /*stack_size=*/0);
}

template <int64_t kThreads>
void BM_Ring(benchmark::State& state) {
  if (st_init() != 0) state.SkipWithError("st_init failed");
  bool stop = false;
  std::vector<st_thread_t> ring;
  for (int64_t i = 1; i < kThreads; ++i) {
    ring.push_back(Spawn(YieldUntil, &stop));
    if (ring.back() == nullptr) {
      state.SkipWithError("st_thread_create failed");
      ring.pop_back();
      break;
    }
  }
  st_usleep(0);
  while (state.KeepRunningBatch(kThreads)) st_usleep(0);
  stop = true;
  for (const st_thread_t member : ring) st_thread_join(member, nullptr);
}

void BM_SpawnJoinSingle(benchmark::State& state) {
  if (st_init() != 0) state.SkipWithError("st_init failed");
  for (auto _ : state) st_thread_join(Spawn(Nothing, nullptr), nullptr);
}

void BM_SpawnJoinBatch(benchmark::State& state) {
  if (st_init() != 0) state.SkipWithError("st_init failed");
  std::vector<st_thread_t> threads;
  threads.reserve(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    for (int64_t i = 0; i < kBatch; ++i) {
      threads.push_back(Spawn(Nothing, nullptr));
    }
    for (const st_thread_t thread : threads) st_thread_join(thread, nullptr);
    threads.clear();
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("ring/2", "state_threads", BM_Ring<2>),
    AddRow("ring/100", "state_threads", BM_Ring<100>),
    AddRow("ring/10000", "state_threads", BM_Ring<10'000>),
    AddRow("spawn_join/single", "state_threads", BM_SpawnJoinSingle),
    AddRow("spawn_join/batch", "state_threads", BM_SpawnJoinBatch),
};

}  // namespace
}  // namespace jiffy::bench
