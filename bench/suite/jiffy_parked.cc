// Memory of jiffy's threads that wait, by default, and of such as were
// preempted once before.

#include <signal.h>

#include <cstdint>
#include <vector>

#include "bench/suite/memory.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void Parked(benchmark::State& state, int64_t threads, bool preempted) {
  for (auto _ : state) {
    InRun(state, {}, [&] {
      std::vector<Thread> parked(static_cast<size_t>(threads));
      WaitGroup all_wait;
      all_wait.Add(threads);
      Event over;
      const int64_t before = ResidentBytes();
      for (Thread& thread : parked) {
        thread = Thread([&, preempted] {
          // The tick comes now, not in its time: a million of them would last.
          if (preempted) raise(SIGALRM);
          all_wait.Done();
          over.Wait();
        });
      }
      all_wait.Wait();
      CountBytes(state, before, threads);
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
