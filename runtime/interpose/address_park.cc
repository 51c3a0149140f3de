#include "runtime/interpose/address_park.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "arch/context.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "signals/preempt.h"
#include "signals/tick.h"

namespace jiffy::interpose {

using internal::BiasedLock;
using internal::LockGuard;
using internal::Waiter;
using internal::WaitKind;

constinit Bucket buckets[1 << kBucketBits];

namespace {

// A thread's state for pthread_cancel. cancel_lock guards that of all threads.
struct CancelState {
  // The wait to end.
  AddressWait* wait = nullptr;
  // Whether a request came while there was no wait.
  bool requested = false;
};
constinit thread_local CancelState cancel_state
    __attribute__((tls_model("initial-exec")));
constinit BiasedLock cancel_lock;

// In the child of a fork: forgets what the parent's other threads were doing,
// and what a signal handler left for them.
void ForgetOthers() {
  for (Bucket& bucket : buckets) {
    bucket.lock.ResetAfterFork();
    if (bucket.hidden_unlockers.load() != 0) bucket.hidden_unlockers.store(0);
    if (bucket.missed.load() != nullptr) bucket.missed.store(nullptr);
  }
}

__attribute__((constructor)) void RegisterForkHandler() {
  pthread_atfork(nullptr, nullptr, &ForgetOthers);
}

void ChangeCount(Bucket& bucket, uint32_t by) {
  bucket.count.store(bucket.count.load(std::memory_order_relaxed) + by,
                     std::memory_order_relaxed);
}

}  // namespace

void LookForMissed(Bucket& bucket) {
  // A worker's handler ran on this thread; an OS thread's lock was missed by a
  // handler on another CPU, which takes a fence.
  if (signals::task_frame.head.cpu == nullptr) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  if (bucket.missed.load(std::memory_order_relaxed) == nullptr) [[likely]] {
    return;
  }
  const void* address = bucket.missed.exchange(nullptr);
  if (address != nullptr) Unpark(address, kAll);
}

void AddressWait::Enqueue(Place place) {
  Bucket& bucket = BucketOf(address_);
  {
    const LockGuard guard(bucket.lock);
    if (place == Place::kFront) {
      bucket.waiters.PushFront(&waiter_, bucket.lock);
    } else {
      bucket.waiters.PushBack(&waiter_, bucket.lock);
    }
    ChangeCount(bucket, 1);
  }
  LookForMissed(bucket);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void AddressWait::EnqueueLocked(Bucket& bucket) {
  bucket.waiters.PushBack(&waiter_, bucket.lock);
  ChangeCount(bucket, 1);
}

bool AddressWait::Remove() {
  Bucket& bucket = BucketOf(address_);
  bucket.lock.Lock();
  const bool removed = waiter_.list != nullptr;
  if (removed) {
    bucket.waiters.Remove(&waiter_);
    ChangeCount(bucket, static_cast<uint32_t>(-1));
  }
  bucket.lock.Unlock();
  LookForMissed(bucket);
  return removed;
}

ParkResult AddressWait::Await(WaitKind kind, const void* object,
                              int64_t due_ns) {
  const signals::PreemptGuard guard;
  if (!internal::ParkUntilDelivered(parker_, kind, object, due_ns,
                                    [this] { return Remove(); })) {
    return ParkResult::kTimeout;
  }
  return cancelled_ ? ParkResult::kCancelled : ParkResult::kWoken;
}

ParkResult AddressWait::AwaitCancellable(WaitKind kind, const void* object,
                                         int64_t due_ns) {
  bool requested;
  {
    const LockGuard guard(cancel_lock);
    requested = cancel_state.requested;
    cancel_state.requested = false;
    if (!requested) cancel_state.wait = this;
  }
  if (requested)
    return Withdraw() ? ParkResult::kCancelled : ParkResult::kWoken;
  const ParkResult result = Await(kind, object, due_ns);
  const LockGuard guard(cancel_lock);
  cancel_state.wait = nullptr;
  return result;
}

bool AddressWait::Withdraw() {
  {
    const signals::PreemptGuard guard;
    if (Remove()) return true;
  }
  // The waker uses the entry until it has delivered.
  Await(WaitKind::kAddress, address_, internal::kNoDeadline);
  return false;
}

int TakeLocked(Bucket& bucket, const void* address, int most, uint32_t mask,
               internal::WakeList& taken) {
  int count = 0;
  for (Waiter* waiter = bucket.waiters.front();
       waiter != nullptr && count < most;) {
    Waiter* next = waiter->next;
    const AddressWait& wait = AddressWait::Of(*waiter);
    if (wait.address_ == address && (wait.mask_ & mask) != 0) {
      bucket.waiters.Remove(waiter);
      ChangeCount(bucket, static_cast<uint32_t>(-1));
      taken.Add(waiter);
      count++;
    }
    waiter = next;
  }
  if (bucket.waiters.empty()) {
    bucket.count.store(0, std::memory_order_relaxed);
  }
  return count;
}

int UnparkIn(Bucket& bucket, const void* address, int most, uint32_t mask) {
  const signals::PreemptGuard guard;
  internal::WakeList woken;
  bucket.lock.Lock();
  const int count = TakeLocked(bucket, address, most, mask, woken);
  bucket.lock.Unlock();
  woken.DeliverAll();
  LookForMissed(bucket);
  return count;
}

// Does not make the woken threads runnable, as the interrupted code may be
// changing the worker's queues: they go through the worker's mailbox.
void UnparkFromHandler(const void* address, int most) {
  Bucket& bucket = BucketOf(address);
  if (bucket.lock.IsHeld()) {
    bucket.missed.store(address);
    // An OS thread may have released the lock meanwhile. (The interrupted code
    // has not; it looks for missed addresses when it does.)
    if (bucket.lock.IsHeld()) return;
    bucket.missed.store(nullptr);
  }
  signals::TaskHead& head = signals::task_frame.head;
  for (int i = 0; i < most; ++i) {
    bucket.lock.Lock();
    Waiter* waiter = bucket.waiters.front();
    while (waiter != nullptr && AddressWait::Of(*waiter).address_ != address) {
      waiter = waiter->next;
    }
    if (waiter != nullptr) {
      bucket.waiters.Remove(waiter);
      ChangeCount(bucket, static_cast<uint32_t>(-1));
    }
    bucket.lock.Unlock();
    if (waiter == nullptr) return;
    if (internal::Task* task = waiter->parker->task; task != nullptr) {
      static_cast<internal::Worker*>(task->cpu)->DeliverRemotely(
          waiter->parker);
      head.need_resched = 1;
    } else {
      internal::Deliver(waiter);
    }
  }
}

bool AnyParked(const void* address, uint32_t mask) {
  Bucket& bucket = BucketOf(address);
  if (bucket.count.load(std::memory_order_relaxed) == 0) return false;
  bool found = false;
  {
    const LockGuard guard(bucket.lock);
    for (Waiter* waiter = bucket.waiters.front(); waiter != nullptr && !found;
         waiter = waiter->next) {
      const AddressWait& wait = AddressWait::Of(*waiter);
      found = wait.address_ == address && (wait.mask_ & mask) != 0;
    }
  }
  LookForMissed(bucket);
  return found;
}

void EndCancellableWait(char* thread_pointer) {
  auto* state = reinterpret_cast<CancelState*>(
      thread_pointer +
      (reinterpret_cast<const char*>(&cancel_state) - arch::ThreadPointer()));
  const signals::PreemptGuard guard;
  cancel_lock.Lock();
  AddressWait* wait = state->wait;
  if (wait == nullptr) state->requested = true;
  const bool removed = wait != nullptr && wait->Remove();
  if (removed) wait->cancelled_ = true;
  cancel_lock.Unlock();
  if (removed) internal::Deliver(&wait->parker_);
}

int64_t Backoff::Next(int64_t due_ns) {
  const int64_t next = signals::MonotonicNs() + step_ns_;
  step_ns_ = std::min(2 * step_ns_, kLastNs);
  return due_ns == internal::kNoDeadline ? next : std::min(next, due_ns);
}

}  // namespace jiffy::interpose
