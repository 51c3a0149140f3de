#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "runtime/task.h"
#include "runtime/waiter.h"
#include "runtime/worker.h"
#include "signals/preempt.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {

void Deliver(Parker* parker) {
  signals::Released(parker);
  if (Task* task = parker->task; task != nullptr) {
    auto* worker = static_cast<Worker*>(task->cpu);
    if (CurrentWorker() == worker) [[likely]] {
      parker->delivered.store(1, std::memory_order_relaxed);
      worker->WakeTask(task, WakeReason::kWoken);
    } else {
      worker->DeliverRemotely(parker);
    }
    return;
  }
  std::atomic<uint32_t>* word = &parker->delivered;
  word->store(1, std::memory_order_release);
  // The waiter may be gone by now: only its address is used.
  const signals::UncheckedAccess unchecked;
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

void WakeList::DeliverAll() {
  while (first_ != nullptr) {
    Waiter* waiter = first_;
    first_ = waiter->next;
    Deliver(waiter);
  }
  last_ = nullptr;
}

// For as long as it takes, as a green thread.
inline void ParkUntilWoken(Parker& parker, WaitKind kind, const void* object) {
  parker.task->parker = &parker;
  while (parker.delivered.load(std::memory_order_relaxed) == 0) {
    ThisWorker().Park(kind, object, kNoDeadline);
  }
  parker.task->parker = nullptr;
  signals::Acquired(&parker);
}

bool ParkOnce(Parker& parker, WaitKind kind, const void* object,
              int64_t due_ns) {
  if (parker.task != nullptr) {
    parker.task->parker = &parker;
    const WakeReason reason = ThisWorker().Park(kind, object, due_ns);
    parker.task->parker = nullptr;
    return reason == WakeReason::kWoken;
  }
  const timespec due = signals::ToTimespec(due_ns);
  const long result = syscall(
      SYS_futex, &parker.delivered, FUTEX_WAIT_BITSET_PRIVATE, 0,
      due_ns == kNoDeadline ? nullptr : &due, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

// A function of its own, so that the frames of a wait without a deadline, of
// which there may be a million, are small.
[[gnu::noinline]] bool ParkOrWithdraw(Waiter& waiter, WaitKind kind,
                                      const void* object, int64_t due_ns) {
  return ParkUntilDelivered(*waiter.parker, kind, object, due_ns, [&] {
    waiter.lock->Lock();
    const bool withdrawn = waiter.list != nullptr;
    if (withdrawn) waiter.list->Remove(&waiter);
    waiter.lock->Unlock();
    return withdrawn;
  });
}

bool ParkUntilDelivered(Waiter& waiter, WaitKind kind, const void* object,
                        int64_t due_ns) {
  Parker& parker = *waiter.parker;
  parker.waiters = &waiter;
  if (parker.task == nullptr || due_ns != kNoDeadline) {
    return ParkOrWithdraw(waiter, kind, object, due_ns);
  }
  ParkUntilWoken(parker, kind, object);
  return true;
}

}  // namespace jiffy::internal
