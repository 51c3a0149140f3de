// Waiting on an address: the parking table.
//
// Objects whose layout is libc's or the program's have no room for a list of
// waiters. So the lists are in a table, indexed by a hash of the object's
// address, as in the kernel's futexes. Nothing is allocated: a thread's entry
// is on its stack.
//
// The protocol that loses no wake-up (T. Dekker's):
//
//   waiter: Enqueue(); checks the object again; Await() or Withdraw()
//   waker:  changes the object; Unpark()
//
// Enqueue ends with a full memory barrier, and the waker has one between the
// change and Unpark, so either the waiter sees the change or the waker sees the
// waiter. A woken waiter checks the object again, and a waiter that times out
// checks it a last time: no change is missed.
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
  // Number of waiters at all addresses that hash to this bucket. Written under
  // the lock. May stay too high when a run abandons threads; the next search of
  // the list corrects it.
  std::atomic<uint32_t> count{0};
  // Number of OS threads inside libc's condition wait with a mutex that hashes
  // to this bucket: libc unlocks that mutex without calling us.
  std::atomic<uint32_t> hidden_unlockers{0};
  // An address that a signal handler could not search for, because the
  // interrupted code held the lock; the lock's holder does so afterwards.
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

  // kFront is for a thread that was woken before but came too late.
  enum class Place : uint8_t { kFront, kBack };
  void Enqueue(Place place = Place::kBack);
  // Does the same, at the back, for objects that the lock of their bucket
  // guards.
  // Context: preemption off, that lock held.
  void EnqueueLocked(Bucket& bucket);

  // Waits to be woken, until `due_ns` (monotonic, or kNoDeadline). On return
  // the entry has left the table. `kind` and `object` are for reports.
  // Switches: yes.
  ParkResult Await(internal::WaitKind kind, const void* object, int64_t due_ns);
  // Does the same, but pthread_cancel also ends the wait. Context: green
  // thread.
  ParkResult AwaitCancellable(internal::WaitKind kind, const void* object,
                              int64_t due_ns);

  // Leaves the table without waiting. Returns false if the thread was woken
  // already; a caller that does not use this wake-up must pass it on.
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
  // Returns whether the entry was still in the list.
  bool Remove();

  const void* const address_;
  const uint32_t mask_;
  // Set by the canceller that took the entry out of the list.
  bool cancelled_ = false;
  internal::Parker parker_;
  internal::Waiter waiter_{&parker_};
};

inline constexpr int kAll = std::numeric_limits<int>::max();

// Takes up to `most` threads, those that have waited longest at the address,
// out of the table; the caller delivers to them. Returns how many.
// Context: preemption off, the bucket's lock held.
int TakeLocked(Bucket& bucket, const void* address, int most, uint32_t mask,
               internal::WakeList& taken);

// Slow path of Unpark.
int UnparkIn(Bucket& bucket, const void* address, int most, uint32_t mask);

// Wakes up to `most` threads, those that have waited longest at the address.
// Returns how many. Switches: if the policy prefers a woken thread.
inline int Unpark(const void* address, int most, uint32_t mask = ~0u) {
  Bucket& bucket = BucketOf(address);
  if (bucket.count.load(std::memory_order_relaxed) == 0) [[likely]]
    return 0;
  return UnparkIn(bucket, address, most, mask);
}

// Does the same in a signal handler that has interrupted the runtime's own
// code.
// Context: worker; calls only what a handler may call.
void UnparkFromHandler(const void* address, int most);

// Unparks at the address that such a handler missed. To be called whenever a
// bucket's lock has been released.
void LookForMissed(Bucket& bucket);

// Whether a thread with a bit of `mask` waits at the address.
bool AnyParked(const void* address, uint32_t mask);

// Ends the current or the next cancellable wait of the thread with this thread
// block. Context: anywhere but in handlers; the thread has not ended.
void EndCancellableWait(char* thread_pointer);

// Intervals for polling an object whose changes do not wake us: short at first,
// then longer.
class Backoff {
 public:
  // Returns when to check again: at `due_ns` at the latest.
  int64_t Next(int64_t due_ns);

 private:
  static constexpr int64_t kFirstNs = 50'000;
  static constexpr int64_t kLastNs = 2'000'000;
  int64_t step_ns_ = kFirstNs;
};

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_ADDRESS_PARK_H_
