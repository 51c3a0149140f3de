// Reports on standard error, by name, a thread that keeps others from running
// or waits too long. Counts in ticks, so it reads no clock.
#ifndef JIFFY_RUNTIME_CORE_WATCHDOG_H_
#define JIFFY_RUNTIME_CORE_WATCHDOG_H_

#include <cstdint>

#include "runtime/core/task.h"

namespace jiffy::internal {

// Context of all functions: the worker, preemption off; handler.
class Watchdog {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  // A thread is reported once, after `guard_ns` with preemption off or after a
  // wait of `wait_ns`.
  Watchdog(int64_t guard_ns, int64_t wait_ns)
      : guard_ns_(guard_ns), wait_ns_(wait_ns) {}

  bool watches_waits() const { return wait_ns_ != kNever; }

  // The running task turned preemption off `ns` ago.
  void GuardedTick(const Task& task, int64_t ns) {
    if (!guard_reported_ && ns >= guard_ns_) ReportGuard(task, ns);
  }
  // Preemption was on.
  void Unguarded() { guard_reported_ = false; }

  // Checks all live tasks, but no more often than useful.
  void CheckWaits(Task* all, uint64_t jiffies, int64_t tick_ns) {
    if (jiffies >= next_check_) CheckAll(all, jiffies, tick_ns);
  }
  // How long the CPU may idle before the next look.
  int64_t CheckEveryNs() const { return wait_ns_ / 4 + 1; }

 private:
  void ReportGuard(const Task& task, int64_t ns);
  void CheckAll(Task* all, uint64_t jiffies, int64_t tick_ns);

  const int64_t guard_ns_;
  const int64_t wait_ns_;
  bool guard_reported_ = false;
  uint64_t next_check_ = 0;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_WATCHDOG_H_
