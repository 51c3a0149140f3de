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

  // Has it go off at `due`, whatever it was set to.
  void Set(int64_t due);
  // Returns whether it was still to go off.
  bool Cancel();

  BiasedLock lock;
  // Under lock: whether it went off since it was set, and who waits for that.
  bool expired = false;
  WaitList waiters;

 private:
  static bool Expire(TimerNode* node);
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_ALARM_H_
