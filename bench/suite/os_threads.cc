// The kernel's threads, by std::thread: rings, spawn and join. All on one CPU,
// where the driver puts every contestant.

#include <atomic>
#include <thread>
#include <vector>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

template <int64_t kThreads>
void BM_Ring(benchmark::State& state) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> ring;
  for (int64_t i = 1; i < kThreads; ++i) {
    ring.emplace_back([&stop] {
      while (!stop.load(std::memory_order_relaxed)) std::this_thread::yield();
    });
  }
  std::this_thread::yield();
  while (state.KeepRunningBatch(kThreads)) std::this_thread::yield();
  stop = true;
  for (std::thread& member : ring) member.join();
}

void BM_SpawnJoinSingle(benchmark::State& state) {
  for (auto _ : state) std::thread([] {}).join();
}

void BM_SpawnJoinBatch(benchmark::State& state) {
  std::vector<std::thread> threads;
  threads.reserve(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    for (int64_t i = 0; i < kBatch; ++i) threads.emplace_back([] {});
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("ring/2", "std_thread", BM_Ring<2>),
    AddRow("ring/100", "std_thread", BM_Ring<100>),
    AddRow("spawn_join/single", "std_thread", BM_SpawnJoinSingle),
    AddRow("spawn_join/batch", "std_thread", BM_SpawnJoinBatch),
};

}  // namespace
}  // namespace jiffy::bench
