// How fast the simulator is: decisions of a policy a second of real time.
//
//   bazel run -c opt //bench:sim_benchmark
//
// The machine is shared with whatever else runs on it: take the best of several
// repetitions (--benchmark_repetitions=9).
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sched/sim/engine.h"
#include "sched/sim/metrics.h"
#include "sched/sim/rt_app_parser.h"
#include "sched/sim/trace.h"

namespace jiffy::sched::sim {
namespace {

Workload Parse(const std::string& text) {
  auto workload = ParseWorkload(text, "benchmark");
  if (!workload.ok()) {
    std::fprintf(stderr, "%s\n", workload.status().ToString().c_str());
    std::abort();
  }
  return *std::move(workload);
}

// Tasks that run for a millisecond in turn: each yields, so that each turn is a
// decision, whatever the policy thinks of slices.
Workload Hogs(int64_t tasks, int64_t seconds) {
  return Parse(absl::StrCat(R"({"tasks": {"hog": {"instance": )", tasks,
                            R"(, "run": 1000, "yield": ""}},
                             "global": {"duration": )",
                            seconds, "}}"));
}

// Runs `workload` over and over and counts the decisions.
void Run(benchmark::State& state, const Workload& workload,
         const SimOptions& options, bool with_metrics) {
  uint64_t decisions = 0;
  for (auto _ : state) {
    MetricsSink metrics;
    std::vector<TraceSink*> sinks;
    if (with_metrics) sinks.push_back(&metrics);
    const auto result = Simulate(workload, options, sinks);
    if (!result.ok()) {
      state.SkipWithError(result.status().ToString().c_str());
      return;
    }
    decisions += result->decisions;
  }
  state.counters["decisions"] = benchmark::Counter(
      static_cast<double>(decisions), benchmark::Counter::kIsRate);
}

// The bare engine, and with the figures that ./jiffy lab prints.
void BM_Decisions(benchmark::State& state, const std::string& policy,
                  bool with_metrics) {
  // A hundred thousand turns.
  Run(state, Hogs(state.range(0), 100),
      {.policy = policy, .config = {.slice_ns = 1'000'000}, .tick_us = 1'000},
      with_metrics);
}

// Tasks that run and sleep, all at different times: the queue of wake-ups.
void BM_RunAndSleep(benchmark::State& state, const std::string& policy) {
  std::string text = R"({"tasks": {)";
  for (int64_t i = 0; i < state.range(0); ++i) {
    absl::StrAppend(&text, "\"t", i, "\": {\"run\": ", 10 + i % 7,
                    ", \"sleep\": ", 1000 + 13 * i, "},");
  }
  absl::StrAppend(&text, R"(}, "global": {"duration": 5}})");
  Run(state, Parse(text), {.policy = policy}, /*with_metrics=*/true);
}

// 1,000 tasks for 60 s; the project promises less than 5 s.
void BM_ThousandTasksForAMinute(benchmark::State& state,
                                const std::string& policy) {
  const Workload workload = Parse(R"({"tasks": {
      "hog": {"instance": 100, "run": 1000000},
      "interactive": {"instance": 600, "run": 100, "sleep": 99000},
      "periodic": {"instance": 300, "run": 200,
                   "timer": {"ref": "unique", "period": 20000}}},
      "global": {"duration": 60}})");
  Run(state, workload, {.policy = policy}, /*with_metrics=*/true);
}

void RegisterAll() {
  for (const bool with_metrics : {false, true}) {
    for (const std::string policy : {"rr", "fifo", "linux-0.01"}) {
      auto* const bench = benchmark::RegisterBenchmark(
          absl::StrCat("decisions/", policy,
                       with_metrics ? "/with_metrics" : "")
              .c_str(),
          BM_Decisions, policy, with_metrics);
      bench->ArgName("tasks")->Arg(10);
      if (policy == "rr") bench->Arg(100)->Arg(1'000)->Arg(10'000);
    }
  }
  for (const std::string policy : {"linux-o1", "cfs", "eevdf"}) {
    benchmark::RegisterBenchmark(absl::StrCat("decisions/", policy).c_str(),
                                 BM_Decisions, policy, false)
        ->ArgName("tasks")
        ->Arg(10)
        ->Arg(100)
        ->Arg(1'000)
        ->Arg(10'000);
  }
  for (const std::string policy : {"rr", "linux-o1", "cfs", "eevdf"}) {
    benchmark::RegisterBenchmark(absl::StrCat("run_and_sleep/", policy).c_str(),
                                 BM_RunAndSleep, policy)
        ->ArgName("tasks")
        ->Arg(10)
        ->Arg(1'000)
        ->Arg(10'000);
    benchmark::RegisterBenchmark(
        absl::StrCat("thousand_tasks_for_a_minute/", policy).c_str(),
        BM_ThousandTasksForAMinute, policy)
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace jiffy::sched::sim

int main(int argc, char** argv) {
  jiffy::sched::sim::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
