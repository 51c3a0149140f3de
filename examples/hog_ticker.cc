// Why preemption matters: a ticker that needs the CPU every 100 ms, beside a
// hog that computes for a second and never yields.
//
//   hog_ticker [POLICY...]      (by default: rr fifo)
//
// Under round-robin, each tick is late by the rest of the hog's slice at most.
// Under fifo, as in a library of cooperative coroutines, there is no tick
// before the hog is done.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/program.h"
#include "runtime/jiffy.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr absl::Duration kPeriod = absl::Milliseconds(100);
constexpr int kTicks = 10;

absl::Duration Since(Clock::time_point start) {
  return absl::FromChrono(Clock::now() - start);
}

// Computes Collatz sequences, only to be busy.
void Hog(Clock::time_point start) {
  volatile uint64_t longest = 0;
  for (uint64_t first = 1; Since(start) < kTicks * kPeriod; ++first) {
    uint64_t steps = 0;
    for (uint64_t n = first; n != 1; ++steps) {
      n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    }
    if (steps > longest) longest = steps;
  }
}

// Wakes at each multiple of the period, as a control loop or a video player
// does, and prints how late it was.
void Tick(Clock::time_point start, absl::Duration& worst) {
  for (int tick = 1; tick <= kTicks; ++tick) {
    const absl::Duration due = tick * kPeriod;
    const absl::Duration early = due - Since(start);
    if (early > absl::ZeroDuration()) jiffy::this_thread::SleepFor(early);
    const absl::Duration late = Since(start) - due;
    worst = std::max(worst, late);
    const auto bar = static_cast<size_t>(late / absl::Milliseconds(20));
    printf("  tick %2d, due at %4.0f ms: %6.1f ms late %s\n", tick,
           absl::ToDoubleMilliseconds(due), absl::ToDoubleMilliseconds(late),
           std::string(bar, '#').c_str());
  }
}

absl::Status RunUnder(const std::string& policy) {
  absl::Duration worst;
  absl::Status status = jiffy::Run({.scheduler = policy}, [&] {
    printf("%s:\n", policy.c_str());
    const Clock::time_point start = Clock::now();
    jiffy::Thread ticker({.name = "ticker"}, [&] { Tick(start, worst); });
    jiffy::Thread hog({.name = "hog"}, Hog, start);
  });
  if (status.ok()) {
    printf("  at worst %.1f ms late\n\n", absl::ToDoubleMilliseconds(worst));
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("hog_ticker");
  jiffy::examples::PrintUsageIfAsked(argc, argv,
                                     "usage: hog_ticker [POLICY...]\n"
                                     "A thread that never yields beside one "
                                     "that ticks, under each scheduling\n"
                                     "policy (default: rr fifo).\n");
  std::vector<std::string> policies(argv + 1, argv + argc);
  if (policies.empty()) policies = {"rr", "fifo"};
  for (const std::string& policy : policies) {
    if (const absl::Status status = RunUnder(policy); !status.ok()) {
      fprintf(stderr, "hog_ticker: %s\n", status.ToString().c_str());
      return 2;
    }
  }
  return 0;
}
