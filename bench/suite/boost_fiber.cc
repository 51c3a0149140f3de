// Boost.Fiber, with its default scheduler (round robin), stacks and launch
// policy (the child is queued).

#include <boost/fiber/all.hpp>
#include <vector>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

using boost::fibers::fiber;

template <int64_t kThreads>
void BM_Ring(benchmark::State& state) {
  bool stop = false;
  std::vector<fiber> ring;
  for (int64_t i = 1; i < kThreads; ++i) {
    ring.emplace_back([&stop] {
      while (!stop) boost::this_fiber::yield();
    });
  }
  boost::this_fiber::yield();
  while (state.KeepRunningBatch(kThreads)) boost::this_fiber::yield();
  stop = true;
  for (fiber& member : ring) member.join();
}

void BM_SpawnJoinSingle(benchmark::State& state) {
  for (auto _ : state) fiber([] {}).join();
}

void BM_SpawnJoinSingleChildFirst(benchmark::State& state) {
  for (auto _ : state) fiber(boost::fibers::launch::dispatch, [] {}).join();
}

void Batch(benchmark::State& state, boost::fibers::launch launch) {
  std::vector<fiber> fibers;
  fibers.reserve(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    for (int64_t i = 0; i < kBatch; ++i) fibers.emplace_back(launch, [] {});
    for (fiber& member : fibers) member.join();
    fibers.clear();
  }
}
void BM_SpawnJoinBatch(benchmark::State& state) {
  Batch(state, boost::fibers::launch::post);
}
void BM_SpawnJoinBatchChildFirst(benchmark::State& state) {
  Batch(state, boost::fibers::launch::dispatch);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("ring/2", "boost_fiber", BM_Ring<2>),
    AddRow("ring/100", "boost_fiber", BM_Ring<100>),
    AddRow("ring/10000", "boost_fiber", BM_Ring<10'000>),
    AddRow("spawn_join/single", "boost_fiber", BM_SpawnJoinSingle),
    AddRow("spawn_join/single", "boost_fiber_child_first",
           BM_SpawnJoinSingleChildFirst),
    AddRow("spawn_join/batch", "boost_fiber", BM_SpawnJoinBatch),
    AddRow("spawn_join/batch", "boost_fiber_child_first",
           BM_SpawnJoinBatchChildFirst),
};

}  // namespace
}  // namespace jiffy::bench
