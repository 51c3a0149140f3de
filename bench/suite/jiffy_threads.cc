// jiffy's threads as users get them: own TLS, preemption on, default stacks.

#include <cstdint>
#include <functional>
#include <vector>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

// An iteration is one switch, and the policy's decision before it.
template <int64_t kThreads>
void BM_Ring(benchmark::State& state, const RuntimeOptions& options) {
  InRun(state, options, [&] {
    bool stop = false;
    std::vector<Thread> ring;
    for (int64_t i = 1; i < kThreads; ++i) {
      ring.emplace_back([&stop] {
        while (!stop) this_thread::Yield();
      });
    }
    this_thread::Yield();
    while (state.KeepRunningBatch(kThreads)) this_thread::Yield();
    stop = true;
  });
}

template <int64_t kThreads>
void BM_RingByDefault(benchmark::State& state) {
  BM_Ring<kThreads>(state, {});
}
template <int64_t kThreads>
void BM_RingSharedTls(benchmark::State& state) {
  BM_Ring<kThreads>(state, {.shared_tls = true});
}
template <int64_t kThreads>
void BM_RingSmallStacks(benchmark::State& state) {
  BM_Ring<kThreads>(state, {.stack_size = kMinStackSize});
}

// The new thread takes the CPU from the one that spawned it.
const ThreadOptions kChildFirst = {.child_runs_first = true};

void SingleWith(benchmark::State& state, const ThreadOptions& thread_options) {
  InRun(state, {}, [&] {
    for (auto _ : state) {
      Thread thread(thread_options, [] {});
      thread.Join().IgnoreError();
    }
  });
}
void BM_SpawnJoinSingle(benchmark::State& state) { SingleWith(state, {}); }
void BM_SpawnJoinSingleChildFirst(benchmark::State& state) {
  SingleWith(state, kChildFirst);
}

void BatchWith(benchmark::State& state, const RuntimeOptions& options,
               const ThreadOptions& thread_options) {
  InRun(state, options, [&] {
    std::vector<Thread> threads;
    threads.reserve(kBatch);
    while (state.KeepRunningBatch(kBatch)) {
      for (int64_t i = 0; i < kBatch; ++i) {
        threads.emplace_back(thread_options, [] {});
      }
      for (Thread& thread : threads) thread.Join().IgnoreError();
      threads.clear();
    }
  });
}
void BM_SpawnJoinBatch(benchmark::State& state) { BatchWith(state, {}, {}); }
void BM_SpawnJoinBatchChildFirst(benchmark::State& state) {
  BatchWith(state, {}, kChildFirst);
}
void BM_SpawnJoinBatchSmallStacks(benchmark::State& state) {
  BatchWith(state, {.stack_size = kMinStackSize}, {});
}

// A million threads that each send a number to the one that spawned them, ten
// to each, which sends on their sum.
constexpr int64_t kLeaves = 1'000'000;
constexpr int64_t kFanOut = 10;

void Skynet(const ThreadOptions& options, Channel<int64_t>* out, int64_t first,
            int64_t leaves) {
  if (leaves == 1) {
    out->Send(first).IgnoreError();
    return;
  }
  Channel<int64_t> sums(kFanOut);
  const int64_t part = leaves / kFanOut;
  for (int64_t i = 0; i < kFanOut; ++i) {
    Thread(options, Skynet, std::cref(options), &sums, first + i * part, part)
        .Detach()
        .IgnoreError();
  }
  int64_t sum = 0;
  for (int64_t i = 0; i < kFanOut; ++i) sum += *sums.Receive();
  out->Send(sum).IgnoreError();
}

// Warm: uncounted rounds before have touched the memory. How many threads are
// alive at once differs from round to round, so one would not do.
void SkynetWith(benchmark::State& state, const ThreadOptions& options) {
  InRun(state, {}, [&] {
    const auto round = [&] {
      Channel<int64_t> result;
      Thread(options, Skynet, std::cref(options), &result, 0, kLeaves)
          .Detach()
          .IgnoreError();
      if (*result.Receive() != kLeaves * (kLeaves - 1) / 2) {
        state.SkipWithError("skynet: wrong sum");
      }
    };
    constexpr int kRoundsBefore = 4;
    for (int i = 0; i < kRoundsBefore; ++i) round();
    for (auto _ : state) round();
  });
}

void BM_Skynet(benchmark::State& state) { SkynetWith(state, {}); }
void BM_SkynetChildFirst(benchmark::State& state) {
  SkynetWith(state, kChildFirst);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("ring/2", "jiffy", BM_RingByDefault<2>),
    AddRow("ring/2", "jiffy_shared_tls", BM_RingSharedTls<2>),
    AddRow("ring/100", "jiffy", BM_RingByDefault<100>),
    AddRow("ring/100", "jiffy_shared_tls", BM_RingSharedTls<100>),
    AddRow("ring/10000", "jiffy", BM_RingByDefault<10'000>),
    AddRow("ring/10000", "jiffy_small_stacks", BM_RingSmallStacks<10'000>),
    AddRow("ring/10000", "jiffy_shared_tls", BM_RingSharedTls<10'000>),
    AddRow("spawn_join/single", "jiffy", BM_SpawnJoinSingle),
    AddRow("spawn_join/single", "jiffy_child_first",
           BM_SpawnJoinSingleChildFirst),
    AddRow("spawn_join/batch", "jiffy", BM_SpawnJoinBatch),
    AddRow("spawn_join/batch", "jiffy_child_first",
           BM_SpawnJoinBatchChildFirst),
    AddRow("spawn_join/batch", "jiffy_small_stacks",
           BM_SpawnJoinBatchSmallStacks),
    AddRow("skynet", "jiffy", BM_Skynet)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond),
    AddRow("skynet", "jiffy_child_first", BM_SkynetChildFirst)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond),
};

}  // namespace
}  // namespace jiffy::bench
