// Memory of jiffy's threads that wait, by default, and of such as were
// preempted once before.

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/suite/memory.h"
#include "bench/suite/row.h"
#include "bench/suite/tick_signal.h"

namespace jiffy::bench {
namespace {

// A tick may meet another one on its way, or a thread in the middle of
// something; few do.
void CheckPreempted(benchmark::State& state,
                    const std::vector<Thread>& threads) {
  size_t preempted = 0;
  for (const Thread& thread : threads) {
    if (thread.Stats().preemptions != 0) ++preempted;
  }
  if (preempted < threads.size() / 100 * 99) {
    state.SkipWithError("the threads were not preempted");
  }
}

void Parked(benchmark::State& state, int64_t threads, bool preempted) {
  for (auto _ : state) {
    InRun(state, {}, [&] {
      std::vector<Thread> parked(static_cast<size_t>(threads));
      WaitGroup all_wait;
      all_wait.Add(threads);
      Event over;
      std::optional<TickSignal> tick;
      if (preempted) tick.emplace();
      const int64_t before = ResidentBytes();
      for (Thread& thread : parked) {
        thread = Thread([&] {
          if (tick.has_value()) tick->Raise();
          all_wait.Done();
          over.Wait();
        });
      }
      all_wait.Wait();
      CountBytes(state, before, threads);
      if (preempted) CheckPreempted(state, parked);
      over.Set();
    });
  }
}

template <int64_t kThreads>
void BM_Parked(benchmark::State& state) {
  Parked(state, kThreads, /*preempted=*/false);
}
template <int64_t kThreads>
void BM_ParkedPreempted(benchmark::State& state) {
  Parked(state, kThreads, /*preempted=*/true);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("parked/10k", "jiffy", BM_Parked<10'000>)->Iterations(1),
    AddRow("parked/10k", "jiffy_preempted", BM_ParkedPreempted<10'000>)
        ->Iterations(1),
    AddRow("parked/100k", "jiffy", BM_Parked<100'000>)->Iterations(1),
    AddRow("parked/100k", "jiffy_preempted", BM_ParkedPreempted<100'000>)
        ->Iterations(1),
    AddRow("parked/1M", "jiffy", BM_Parked<1'000'000>)->Iterations(1),
    AddRow("parked/1M", "jiffy_preempted", BM_ParkedPreempted<1'000'000>)
        ->Iterations(1),
};

}  // namespace
}  // namespace jiffy::bench
