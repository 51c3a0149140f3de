#include "runtime/core/waiter.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "signals/preempt.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

constinit BiasedLock os_parkers_lock;
constinit Parker* os_parkers = nullptr;

// No guard object: its destructor would call the unwinder.
void LockOsParkers() {
  signals::PreemptDisable();
  os_parkers_lock.Lock();
}
void UnlockOsParkers() {
  os_parkers_lock.Unlock();
  signals::PreemptEnable();
}

void Withdraw(const Parker& parker) {
  for (Waiter* waiter = parker.waiters; waiter != nullptr;
       waiter = waiter->sibling) {
    if (waiter->list == nullptr) continue;
    waiter->lock->Lock();
    if (waiter->list != nullptr) waiter->list->Remove(waiter);
    waiter->lock->Unlock();
  }
}

}  // namespace

void EnterWait(Parker& parker) {
  if (Task* task = parker.task; task != nullptr) [[likely]] {
    parker.prev = task->parker;
    task->parker = &parker;
    return;
  }
  LockOsParkers();
  parker.next = os_parkers;
  if (os_parkers != nullptr) os_parkers->prev = &parker;
  os_parkers = &parker;
  UnlockOsParkers();
}

void LeaveWait(Parker& parker) {
  if (Task* task = parker.task; task != nullptr) [[likely]] {
    task->parker = parker.prev;
    return;
  }
  LockOsParkers();
  (parker.prev == nullptr ? os_parkers : parker.prev->next) = parker.next;
  if (parker.next != nullptr) parker.next->prev = parker.prev;
  UnlockOsParkers();
}

void WithdrawFromWaits(const Task& task) {
  for (Parker* parker = task.parker; parker != nullptr; parker = parker->prev) {
    Withdraw(*parker);
  }
}

void WithdrawOsThreads() {
  LockOsParkers();
  for (; os_parkers != nullptr; os_parkers = os_parkers->next) {
    Withdraw(*os_parkers);
  }
  UnlockOsParkers();
}

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
  // The waiter may be gone by now; only the address is used.
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

// Waits without a deadline. Context: green thread.
inline void ParkUntilWoken(Parker& parker, WaitKind kind, const void* object) {
  parker.parked = true;
  while (parker.delivered.load(std::memory_order_relaxed) == 0) {
    ThisWorker().Park(kind, object, kNoDeadline);
  }
  parker.parked = false;
  signals::Acquired(&parker);
}

bool ParkOnce(Parker& parker, WaitKind kind, const void* object,
              int64_t due_ns) {
  if (parker.task != nullptr) {
    parker.parked = true;
    const WakeReason reason = ThisWorker().Park(kind, object, due_ns);
    parker.parked = false;
    return reason == WakeReason::kWoken;
  }
  const timespec due = signals::ToTimespec(due_ns);
  const long result = syscall(
      SYS_futex, &parker.delivered, FUTEX_WAIT_BITSET_PRIVATE, 0,
      due_ns == kNoDeadline ? nullptr : &due, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

// A separate function, so that waits without a deadline have small frames:
// there may be a million.
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
  if (parker.task == nullptr || due_ns != kNoDeadline) {
    return ParkOrWithdraw(waiter, kind, object, due_ns);
  }
  ParkUntilWoken(parker, kind, object);
  return true;
}

}  // namespace jiffy::internal
