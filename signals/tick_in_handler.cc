// The part of tick.h that a signal handler reaches.

#include <time.h>

#include <algorithm>
#include <cstdint>

#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::signals {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
// Long enough for malloc or a FILE lock to be released, short enough that a
// slice is not felt to grow: measured, see docs/preemption.md.
constexpr int64_t kDeferNs = 10'000;

}  // namespace

void CpuTimers::ArmWakeup(int64_t monotonic_ns) {
  // 0 would disarm it.
  if (monotonic_ns <= 0) monotonic_ns = 1;
  itimerspec spec = {};
  spec.it_value = ToTimespec(monotonic_ns);
  timer_settime(wakeup_, TIMER_ABSTIME, &spec, nullptr);
}

void CpuTimers::ArmDeferInHandler() {
  itimerspec spec = {};
  spec.it_value = {0, std::max(kDeferNs, kShortestDeferNs)};
  timer_settime(defer_, 0, &spec, nullptr);
}

TimerKind CpuTimers::KindInHandler(const siginfo_t* info, int* overrun) const {
  *overrun = 0;
  if (info->si_code != SI_TIMER) return TimerKind::kNone;
  const void* tag = info->si_value.sival_ptr;
  if (tag == &tick_) {
    *overrun = info->si_overrun;
    return TimerKind::kTick;
  }
  if (tag == &wakeup_) return TimerKind::kWakeup;
  if (tag == &defer_) return TimerKind::kDefer;
  return TimerKind::kNone;
}

int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace jiffy::signals
