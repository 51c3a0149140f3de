// What preemption costs threads that never yield: the same work in two of
// jiffy's threads, in one thread that a timer with an empty handler interrupts
// as often, and in one that nothing interrupts. In turn, in one process: the
// difference is small, and the clock rate changes.

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "bench/suite/latency.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

constexpr int64_t kWork = 40'000'000;
constexpr int kTurns = 5;

// CPU time that `fn` takes.
template <typename Fn>
double CpuTimeOf(Fn fn) {
  const int64_t begin = NowNs(CLOCK_PROCESS_CPUTIME_ID);
  fn();
  return static_cast<double>(NowNs(CLOCK_PROCESS_CPUTIME_ID) - begin);
}

double Alone() {
  return CpuTimeOf([] { Compute(kWork); });
}

// With a timer like jiffy's tick, and nothing behind it.
double WithEmptyHandler(absl::Duration period) {
  struct sigaction old = {};
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, &old);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGALRM;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  timer_t timer;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  itimerspec times = {};
  times.it_interval = times.it_value = absl::ToTimespec(period);
  timer_settime(timer, 0, &times, nullptr);
  const double spent = Alone();
  timer_delete(timer);
  sigaction(SIGALRM, &old, nullptr);
  return spent;
}

double InJiffy(benchmark::State& state, absl::Duration slice) {
  double spent = 0;
  InRun(state, {.time_slice = slice}, [&] {
    spent = CpuTimeOf([] {
      Thread other([] { Compute(kWork / 2); });
      Compute(kWork / 2);
      other.Join().IgnoreError();
    });
  });
  return spent;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Counters: by how many per cent the work takes more CPU than alone.
template <int64_t kSliceUs>
void BM_Preemption(benchmark::State& state) {
  const absl::Duration slice = absl::Microseconds(kSliceUs);
  std::vector<double> jiffy;
  std::vector<double> handler;
  for (auto _ : state) {
    for (int turn = 0; turn < kTurns; ++turn) {
      const double alone = Alone();
      handler.push_back((WithEmptyHandler(slice) / alone - 1) * 100);
      jiffy.push_back((InJiffy(state, slice) / alone - 1) * 100);
    }
  }
  state.counters["jiffy"] = Median(jiffy);
  state.counters["empty_handler"] = Median(handler);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("preemption/10ms", "together", BM_Preemption<10'000>)->Iterations(1),
    AddRow("preemption/1ms", "together", BM_Preemption<1'000>)->Iterations(1),
    AddRow("preemption/100us", "together", BM_Preemption<100>)->Iterations(1),
    AddRow("preemption/50us", "together", BM_Preemption<50>)->Iterations(1),
};

}  // namespace
}  // namespace jiffy::bench
