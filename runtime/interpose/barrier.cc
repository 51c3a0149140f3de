// pthread_barrier_*: libc has no function that would not wait, so barriers are
// implemented here for all threads, in the memory of libc's. Barriers that
// processes share stay libc's.

#include <pthread.h>

#include <cerrno>
#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/native.h"
#include "signals/preempt.h"

namespace jiffy::interpose {
namespace {

// Guarded by the lock of its address's bucket.
struct Barrier {
  uint32_t count;
  uint32_t arrived;
};

// libc uses the first 20 bytes; the flag behind them tells whose barrier it is.
struct BarrierMemory {
  union {
    Barrier ours;
    uint32_t libcs[5];
  };
  bool is_ours;
};
static_assert(sizeof(BarrierMemory) <= sizeof(pthread_barrier_t),
              "a barrier of ours fits into libc's memory for one");

BarrierMemory& MemoryOf(pthread_barrier_t* barrier) {
  return *reinterpret_cast<BarrierMemory*>(barrier);
}

bool IsShared(const pthread_barrierattr_t* attributes) {
  int shared = PTHREAD_PROCESS_PRIVATE;
  return attributes != nullptr &&
         pthread_barrierattr_getpshared(attributes, &shared) == 0 &&
         shared == PTHREAD_PROCESS_SHARED;
}

// Waits for the others. Returns whether the caller is the last to arrive. Once
// the last has arrived, the barrier may be gone: waiters do not read it again.
bool Arrive(Barrier& barrier) {
  Bucket& bucket = BucketOf(&barrier);
  AddressWait wait(&barrier);
  {
    const signals::PreemptGuard guard;
    internal::WakeList others;
    bucket.lock.Lock();
    const bool last = ++barrier.arrived == barrier.count;
    if (last) {
      barrier.arrived = 0;
      TakeLocked(bucket, &barrier, kAll, ~0u, others);
    } else {
      wait.EnqueueLocked(bucket);
    }
    bucket.lock.Unlock();
    others.DeliverAll();
    LookForMissed(bucket);
    if (last) return true;
  }
  wait.Await(internal::WaitKind::kAddress, &barrier, internal::kNoDeadline);
  return false;
}

bool AnyArrived(const Barrier& barrier) {
  Bucket& bucket = BucketOf(&barrier);
  bool any;
  {
    const internal::LockGuard guard(bucket.lock);
    any = barrier.arrived != 0;
  }
  LookForMissed(bucket);
  return any;
}

}  // namespace
}  // namespace jiffy::interpose

using jiffy::interpose::Libc;
using jiffy::interpose::MemoryOf;

extern "C" {

int pthread_barrier_init(pthread_barrier_t* barrier,
                         const pthread_barrierattr_t* attributes,
                         unsigned count) noexcept {
  // Needed for its checks of the arguments, too.
  const int error = Libc().barrier_init(barrier, attributes, count);
  if (error != 0) return error;
  auto& memory = MemoryOf(barrier);
  memory.is_ours = !jiffy::interpose::IsShared(attributes);
  if (memory.is_ours) memory.ours = {.count = count, .arrived = 0};
  return 0;
}

int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  auto& memory = MemoryOf(barrier);
  if (!memory.is_ours) return Libc().barrier_wait(barrier);
  return jiffy::interpose::Arrive(memory.ours) ? PTHREAD_BARRIER_SERIAL_THREAD
                                               : 0;
}

int pthread_barrier_destroy(pthread_barrier_t* barrier) noexcept {
  auto& memory = MemoryOf(barrier);
  if (!memory.is_ours) return Libc().barrier_destroy(barrier);
  return jiffy::interpose::AnyArrived(memory.ours) ? EBUSY : 0;
}

}  // extern "C"
