// Tells on standard error, by name, which thread keeps others from running, or
// waits for too long. Counts in ticks: no clock is read for it.
#ifndef JIFFY_RUNTIME_CORE_WATCHDOG_H_
#define JIFFY_RUNTIME_CORE_WATCHDOG_H_

#include <cstdint>

#include "runtime/core/task.h"

namespace jiffy::internal {

// Context of all functions: the worker, preemption off; handler.
class Watchdog {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  // After how long a time with preemption off, and after how long a wait, a
  // thread is reported, once.
  Watchdog(int64_t guard_ns, int64_t wait_ns)
      : guard_ns_(guard_ns), wait_ns_(wait_ns) {}

  bool watches_waits() const { return wait_ns_ != kNever; }

  // The task, which runs, turned preemption off that long ago.
  void GuardedTick(const Task& task, int64_t ns) {
    if (!guard_reported_ && ns >= guard_ns_) ReportGuard(task, ns);
  }
  // Preemption was on.
  void Unguarded() { guard_reported_ = false; }

  // Looks at all live tasks, but not more often than is of use.
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
