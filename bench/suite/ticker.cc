// How late a thread comes that sleeps, works a moment, and sleeps again, beside
// two that never yield. One CPU; slices of 1 ms where there are slices.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "bench/suite/latency.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

constexpr int kTicks = 300;
constexpr int64_t kPauseNs = 3'000'000;

// Sleeps time and again by `sleep_ns`; returns how late each sleep ended.
template <typename Sleep>
std::vector<int64_t> Tick(Sleep sleep_ns) {
  std::vector<int64_t> late;
  late.reserve(kTicks);
  for (int i = 0; i < kTicks; ++i) {
    const int64_t due = NowNs() + kPauseNs;
    sleep_ns(kPauseNs);
    late.push_back(NowNs() - due);
  }
  return late;
}

void Hog(const std::atomic<bool>* stop) {
  while (!stop->load(std::memory_order_relaxed)) Compute(1000);
}

void Jiffy(benchmark::State& state, const RuntimeOptions& options) {
  for (auto _ : state) {
    InRun(state, options, [&] {
      std::atomic<bool> stop{false};
      Thread first(Hog, &stop);
      Thread second(Hog, &stop);
      CountPercentiles(state, Tick([](int64_t ns) {
                         this_thread::SleepFor(absl::Nanoseconds(ns));
                       }));
      stop = true;
    });
  }
}

void BM_JiffyByDefault(benchmark::State& state) {
  Jiffy(state, {.time_slice = absl::Milliseconds(1)});
}
// Under a policy by which a sleeper that wakes up may go first, as the
// kernel's.
void BM_JiffyEevdf(benchmark::State& state) {
  Jiffy(state, {.scheduler = "eevdf"});
}
void BM_JiffyLinuxO1(benchmark::State& state) {
  Jiffy(state, {.scheduler = "linux-o1"});
}

void BM_StdThread(benchmark::State& state) {
  for (auto _ : state) {
    std::atomic<bool> stop{false};
    std::jthread first(Hog, &stop);
    std::jthread second(Hog, &stop);
    CountPercentiles(
        state, Tick([](int64_t ns) {
          std::this_thread::sleep_for(std::chrono::nanoseconds(ns));
        }));
    stop = true;
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("ticker", "jiffy", BM_JiffyByDefault)->Iterations(1),
    AddRow("ticker", "jiffy_eevdf", BM_JiffyEevdf)->Iterations(1),
    AddRow("ticker", "jiffy_linux_o1", BM_JiffyLinuxO1)->Iterations(1),
    AddRow("ticker", "std_thread", BM_StdThread)->Iterations(1),
};

}  // namespace
}  // namespace jiffy::bench
