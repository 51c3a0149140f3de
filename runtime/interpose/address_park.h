// Waiting on an address: the parking table.
//
// An object whose layout is libc's, or the program's, has no room for a list of
// waiters. So the lists are in a table, found by a hash of the object's
// address, as in the kernel's futexes. Nothing is allocated: a thread's entry
// lies on its stack.
//
// The protocol that loses no wake-up, whoever waits and wakes (T. Dekker's):
//
//   waiter: Enqueue(); looks at the object again; Await() or Withdraw()
//   waker:  changes the object; Unpark()
//
// Enqueue ends in a full memory barrier, and between the change and Unpark the
// waker has one too, so either the waiter sees the change or the waker sees the
// waiter. A waiter that was woken looks at the object again, and if it gives up
// after a time, it looks a last time: what it was woken for is never lost.
//
// Source: D. Dice, "Park/unpark and WTF::ParkingLot", F. Pizlo, 2016; Linux
// futex(2).
#ifndef JIFFY_RUNTIME_INTERPOSE_ADDRESS_PARK_H_
#define JIFFY_RUNTIME_INTERPOSE_ADDRESS_PARK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"

namespace jiffy::interpose {

struct alignas(64) Bucket {
  internal::BiasedLock lock;
  // Of all addresses that hash to here. Written under the lock. May stay too
  // high when a run gives threads up; the next look at the list corrects that.
  std::atomic<uint32_t> count{0};
  // OS threads inside libc's own wait in a condition with a mutex that hashes
  // to here: libc unlocks that mutex without our seeing it.
  std::atomic<uint32_t> hidden_unlockers{0};
  // An address that a signal handler could not look for, as the code that it
  // interrupted held the lock; who holds it looks afterwards.
  std::atomic<const void*> missed{nullptr};
  internal::WaitList waiters;
};

inline constexpr int kBucketBits = 10;
extern constinit Bucket buckets[1 << kBucketBits];

inline Bucket& BucketOf(const void* address) {
  // Knuth's multiplicative hash: 2^64 / golden ratio.
  return buckets[(reinterpret_cast<uintptr_t>(address) * 0x9e3779b97f4a7c15u) >>
                 (64 - kBucketBits)];
}

enum class ParkResult : uint8_t {
  kWoken,
  kTimeout,
  kCancelled,  // By pthread_cancel.
};

// A thread's entry in the table. Context of all: green thread or OS thread, no
// lock of the runtime's held.
class AddressWait {
 public:
  // An Unpark whose mask has no bit in common with `mask` does not wake it.
  explicit AddressWait(const void* address, uint32_t mask = ~0u)
      : address_(address), mask_(mask) {}
  AddressWait(const AddressWait&) = delete;
  AddressWait& operator=(const AddressWait&) = delete;

  // At the front is for one that was woken before and came too late.
  enum class Place : uint8_t { kFront, kBack };
  void Enqueue(Place place = Place::kBack);
  // The same, at the back, for objects that are guarded by the lock of their
  // bucket. Context: preemption off, that lock held.
  void EnqueueLocked(Bucket& bucket);

  // Waits to be woken, until `due_ns` (monotonic, or kNoDeadline). Has left the
  // table when it returns. `kind` and `object` are for reports.
  // Switches: yes.
  ParkResult Await(internal::WaitKind kind, const void* object, int64_t due_ns);
  // The same, ended by pthread_cancel too. Context: green thread.
  ParkResult AwaitCancellable(internal::WaitKind kind, const void* object,
                              int64_t due_ns);

  // Leaves the table without having waited. Returns false if it was woken
  // already; the caller then passes that on if it has no use for it.
  bool Withdraw();

 private:
  friend int TakeLocked(Bucket& bucket, const void* address, int most,
                        uint32_t mask, internal::WakeList& taken);
  friend void UnparkFromHandler(const void* address, int most);
  friend bool AnyParked(const void* address, uint32_t mask);
  friend void EndCancellableWait(char* thread_pointer);

  static AddressWait& Of(internal::Waiter& waiter) {
    return *reinterpret_cast<AddressWait*>(reinterpret_cast<char*>(&waiter) -
                                           offsetof(AddressWait, waiter_));
  }
  // Returns whether it was still in the list.
  bool Remove();

  const void* const address_;
  const uint32_t mask_;
  // Set by the canceller that took it out of the list.
  bool cancelled_ = false;
  internal::Parker parker_;
  internal::Waiter waiter_{&parker_};
};

inline constexpr int kAll = std::numeric_limits<int>::max();

// Takes those that have waited longest at the address out of the table; the
// caller delivers to them. Returns how many.
// Context: preemption off, the bucket's lock held.
int TakeLocked(Bucket& bucket, const void* address, int most, uint32_t mask,
               internal::WakeList& taken);

// The slow part of Unpark.
int UnparkIn(Bucket& bucket, const void* address, int most, uint32_t mask);

// Wakes those that have waited longest at the address. Returns how many.
// Switches: if the policy prefers a woken thread.
inline int Unpark(const void* address, int most, uint32_t mask = ~0u) {
  Bucket& bucket = BucketOf(address);
  if (bucket.count.load(std::memory_order_relaxed) == 0) [[likely]]
    return 0;
  return UnparkIn(bucket, address, most, mask);
}

// The same for a signal handler that has interrupted the runtime's own code.
// Context: worker; calls nothing that a handler may not.
void UnparkFromHandler(const void* address, int most);

// Does what such a handler could not. To be called whenever a bucket's lock is
// free again.
void LookForMissed(Bucket& bucket);

// Whether a thread with a bit of `mask` waits at the address.
bool AnyParked(const void* address, uint32_t mask);

// Ends the cancellable wait of the thread with that thread block, now or the
// next. Context: anywhere but in handlers; the thread has not ended.
void EndCancellableWait(char* thread_pointer);

// Times between looks at what cannot wake us: short at first, then longer.
class Backoff {
 public:
  // Returns when to look again: `due_ns` at the latest.
  int64_t Next(int64_t due_ns);

 private:
  static constexpr int64_t kFirstNs = 50'000;
  static constexpr int64_t kLastNs = 2'000'000;
  int64_t step_ns_ = kFirstNs;
};

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_ADDRESS_PARK_H_
