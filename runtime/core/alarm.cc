#include "runtime/core/alarm.h"

#include <cstdint>

#include "runtime/core/current_worker.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"

namespace jiffy::internal {

void Alarm::Set(int64_t due) {
  Worker& worker = ThisWorker();
  if (queued()) worker.StopTimer(this);
  lock.Lock();
  expired = false;
  lock.Unlock();
  due_ns = due;
  worker.StartTimer(this);
}

bool Alarm::Cancel() {
  if (!queued()) return false;
  ThisWorker().StopTimer(this);
  return true;
}

// Does not wait for the lock: an OS thread may hold it.
bool Alarm::Expire(TimerNode* node) {
  auto* alarm = static_cast<Alarm*>(node);
  if (!alarm->lock.TryLockOnWorker()) return false;
  alarm->expired = true;
  WakeList woken;
  while (Waiter* waiter = alarm->waiters.PopClaimed()) woken.Add(waiter);
  alarm->lock.Unlock();
  woken.DeliverAll();
  return true;
}

}  // namespace jiffy::internal
