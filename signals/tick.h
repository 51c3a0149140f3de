// The timer hardware: three POSIX timers per CPU, all aimed at its OS thread
// (SIGEV_THREAD_ID), so that a tick always hits its own CPU. Neither fork nor
// exec inherits the timers.
//
//   tick    periodic, on a fixed grid that stopping and starting keeps
//   wakeup  one-shot, absolute: the next sleeper is due
//   defer   one-shot, relative: to look again (deferral.h)
#ifndef JIFFY_SIGNALS_TICK_H_
#define JIFFY_SIGNALS_TICK_H_

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace jiffy::signals {

inline constexpr int64_t kNsPerUs = 1'000;
inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

// The meaning of one of our signals, from its siginfo.
enum class TimerKind { kNone, kTick, kWakeup, kDefer };

class CpuTimers {
 public:
  CpuTimers() = default;
  CpuTimers(const CpuTimers&) = delete;
  CpuTimers& operator=(const CpuTimers&) = delete;
  ~CpuTimers() { Delete(); }

  // A refused system call and its errno.
  struct Refusal {
    const char* call = nullptr;
    int error = 0;
  };

  // Creates the timers for the calling OS thread; none runs yet. Returns the
  // call that the kernel refuses (a seccomp filter, RLIMIT_SIGPENDING), if any;
  // it also tries to set a timer.
  Refusal Create(int signal);
  // Stops and deletes them. A signal may still be pending.
  void Delete();

  // Starts the tick at each grid point after `now_ns`, including those already
  // past. Grid points are `period_ns` apart; one is at the first call's
  // `now_ns`. Returns false if the kernel refuses. Context: OS thread or green
  // thread.
  [[nodiscard]] bool StartTick(int64_t period_ns, int64_t now_ns);
  // Returns the number of grid points after the first one, up to `now_ns`.
  int64_t GridTicks(int64_t period_ns, int64_t now_ns) const {
    return (now_ns - grid_ns_) / period_ns;
  }
  void StopTick();
  // Returns the period of the last StartTick.
  int64_t period_ns() const { return period_ns_; }

  // Sets the wake-up timer to the given CLOCK_MONOTONIC time, which may be
  // past. Returns false if the kernel refuses. Async-signal-safe.
  [[nodiscard]] bool ArmWakeup(int64_t monotonic_ns);
  // Sets the defer timer, unless a tick comes sooner; async-signal-safe.
  void ArmDeferInHandler(int64_t pause_ns);

  // Returns which of these timers sent `info`.
  TimerKind KindInHandler(const siginfo_t* info) const;

 private:
  bool created_ = false;
  int64_t grid_ns_ = -1;
  // The period of the last StartTick, and whether the tick runs.
  int64_t period_ns_ = 0;
  bool runs_ = false;
  timer_t tick_ = {};
  timer_t wakeup_ = {};
  timer_t defer_ = {};
};

// Returns a time in the kernel's format, at most the latest time that the
// kernel accepts (a 32-bit time_t ends after 68 years). Async-signal-safe.
inline timespec ToTimespec(int64_t ns) {
  constexpr int64_t kLatest = std::numeric_limits<time_t>::max();
  return {.tv_sec = static_cast<time_t>(std::min(ns / kNsPerSecond, kLatest)),
          .tv_nsec = static_cast<long>(ns % kNsPerSecond)};
}

// Returns CLOCK_MONOTONIC in nanoseconds; async-signal-safe.
int64_t MonotonicNs();

// Returns the CPU time of the calling OS thread in nanoseconds; a system call.
// Async-signal-safe.
int64_t ThreadCpuNs();

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_TICK_H_
