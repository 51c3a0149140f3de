// A timer that threads wait for: the core of jiffy::Timer.
#ifndef JIFFY_RUNTIME_CORE_ALARM_H_
#define JIFFY_RUNTIME_CORE_ALARM_H_

#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/timer_queue.h"
#include "runtime/core/waiter.h"

namespace jiffy::internal {

// Context of the functions: green thread, preemption off.
struct Alarm : TimerNode {
  Alarm() { expire = &Expire; }

  // Sets the alarm to go off at `due`, in place of any earlier setting.
  void Set(int64_t due);
  // Cancels the alarm. Returns whether it was still pending.
  bool Cancel();

  BiasedLock lock;
  // Under lock: whether the alarm went off since it was set; its waiters.
  bool expired = false;
  WaitList waiters;

 private:
  static bool Expire(TimerNode* node);
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_ALARM_H_
