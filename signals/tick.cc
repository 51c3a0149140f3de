// The functions of tick.h that a signal handler calls.

#include "signals/tick.h"

#include <time.h>

#include <algorithm>
#include <cstdint>

#include "signals/sanitizer.h"

namespace jiffy::signals {
namespace {

inline int64_t NsOf(clockid_t clock) {
  timespec now;
  ReadClock(clock, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace

bool CpuTimers::ArmWakeup(int64_t monotonic_ns) {
  if (!created_) return true;
  // 0 would disarm it.
  if (monotonic_ns <= 0) monotonic_ns = 1;
  itimerspec spec = {};
  spec.it_value = ToTimespec(monotonic_ns);
  return timer_settime(wakeup_, TIMER_ABSTIME, &spec, nullptr) == 0;
}

void CpuTimers::ArmDeferInHandler(int64_t pause_ns) {
  if (!created_ || (runs_ && pause_ns >= period_ns_)) return;
  itimerspec spec = {};
  spec.it_value = ToTimespec(std::max(pause_ns, kShortestDeferNs));
  timer_settime(defer_, 0, &spec, nullptr);
}

TimerKind CpuTimers::KindInHandler(const siginfo_t* info) const {
  if (info->si_code != SI_TIMER) return TimerKind::kNone;
  const void* tag = info->si_value.sival_ptr;
  if (tag == &tick_) return TimerKind::kTick;
  if (tag == &wakeup_) return TimerKind::kWakeup;
  if (tag == &defer_) return TimerKind::kDefer;
  return TimerKind::kNone;
}

int64_t MonotonicNs() { return NsOf(CLOCK_MONOTONIC); }

int64_t ThreadCpuNs() { return NsOf(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace jiffy::signals
