#include "tools/lab/live/spinner.h"

#include <algorithm>
#include <cstdint>

#include "tools/lab/live/watched_policy.h"

namespace jiffy::lab {
namespace {

void Loop(int64_t loops) {
  for (int64_t i = 0; i < loops; ++i) {
    // Keeps the compiler from leaving the loop out.
    asm volatile("" ::: "memory");
  }
}

}  // namespace

void Spinner::Calibrate() {
  constexpr int64_t kLoops = 200'000;
  constexpr int kTrials = 10;
  int64_t best_ns = INT64_MAX;
  for (int trial = 0; trial < kTrials; ++trial) {
    const int64_t before = OsThreadCpuNs();
    Loop(kLoops);
    best_ns = std::min(best_ns, OsThreadCpuNs() - before);
  }
  loops_per_ns_ = static_cast<double>(kLoops) /
                  static_cast<double>(std::max<int64_t>(best_ns, 1));
}

void Spinner::Spin(int64_t ns) const {
  Loop(static_cast<int64_t>(loops_per_ns_ * static_cast<double>(ns)));
}

int64_t Spinner::Step(int64_t left_ns) {
  // A look at the clock takes some 200 ns; at most a two-hundredth of a burst
  // goes into looking, and a burst is too long by a microsecond at most.
  constexpr int64_t kLeast = 500;
  constexpr int64_t kMost = 50'000;
  return std::clamp(left_ns / 2, kLeast, kMost);
}

}  // namespace jiffy::lab
