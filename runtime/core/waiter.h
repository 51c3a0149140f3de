// Waiting: the one mechanism behind everything that a thread waits on.
//
// An object that can be waited on has a BiasedLock and a WaitList. A thread
// that must wait puts a Waiter, which lies on its own stack, into the list and
// parks. The waker takes the Waiter out of the list under the lock, and
// delivers the wake-up after it has released the lock. Green threads and OS
// threads wait and wake alike.
//
// Invariants:
// 1. A Waiter leaves its list once. Whoever removes it decides how the wait
//    ends: the waker, or the waiting thread itself when its deadline passes.
// 2. A Waiter that a waker removed stays alive until the waker has delivered;
//    the delivery is the last time the waker touches it. So the waker may use
//    what the Waiter points to in between, with preemption on and no lock held.
// 3. A park may end spuriously; ParkUntilDelivered trusts only the Parker.
#ifndef JIFFY_RUNTIME_CORE_WAITER_H_
#define JIFFY_RUNTIME_CORE_WAITER_H_

#include <atomic>
#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "signals/race.h"

namespace jiffy::internal {

struct Task;
struct Waiter;
class WaitList;

// Kinds of waits, for reports.
enum class WaitKind : uint8_t {
  kNone,
  kJoin,    // Another thread's end: `wait_object` is its Completion.
  kSleep,   // A time.
  kPolicy,  // A call of the scheduling policy, such as Linux 0.01's pause.
  kPark,    // Another thread's ThreadRef::Wake.
  // One of the primitives of runtime/sync: `wait_object` is it.
  kMutex,
  kSharedMutex,
  kCondition,
  kSemaphore,
  kLatch,
  kBarrier,
  kOnce,
  kEvent,
  kWaitGroup,
  kFuture,
  kTimer,
  kSend,
  kReceive,
  kSelect,
  // A pthread_mutex_t, a pthread_rwlock_t: `wait_object` is it.
  kLibcMutex,
  kLibcRwlock,
  // A word that other code of libc or of the program waits on.
  kAddress,
  // A futex, in the kernel (lock_holders.h): `wait_object` is its word. Only a
  // change of the word, or another check of it, ends the wait.
  kKernel,
};

// Returns the calling green thread, or nullptr in an OS thread.
inline Task* WaitingTask() {
  return reinterpret_cast<Task*>(signals::task_frame.head.current);
}

// Register and unregister a wait, per green thread and for all OS threads
// together. So threads that will never run again can be taken out of the lists
// that they wait in.
struct Parker;
void EnterWait(Parker& parker);
void LeaveWait(Parker& parker);

// Takes the thread out of all lists that it waits in. There may be several: a
// condition variable calls the program's unlock(), which may wait too. Context:
// preemption off; the thread never runs again.
void WithdrawFromWaits(const Task& task);
// Takes all OS threads out of their lists. Context: the child of a fork.
void WithdrawOsThreads();

// The thread's side of a wait.
struct Parker {
  Parker() : task(WaitingTask()) { EnterWait(*this); }
  ~Parker() { LeaveWait(*this); }
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  // The thread, or nullptr if it is an OS thread, which sleeps on `delivered`.
  Task* const task;
  std::atomic<uint32_t> delivered{0};
  // Whether the green thread parks for this wait, in ParkOnce or
  // ParkUntilWoken.
  bool parked = false;
  // Link of a worker's mailbox; for an OS thread, of the list of all OS
  // threads' Parkers.
  Parker* next = nullptr;
  // The enclosing wait of the same green thread; for an OS thread, the list's
  // back link.
  Parker* prev = nullptr;
  // All Waiters of this wait, linked by Waiter::sibling.
  Waiter* waiters = nullptr;
};

// An entry in a list, through which a Parker can be woken.
struct Waiter {
  explicit Waiter(Parker* p, std::atomic<Waiter*>* one_of_several = nullptr)
      : parker(p), sibling(p->waiters), winner(one_of_several) {
    // Others read a preempted thread's waits: complete it before publishing it.
    std::atomic_signal_fence(std::memory_order_release);
    p->waiters = this;
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Parker* const parker;
  Waiter* next = nullptr;
  Waiter* prev = nullptr;
  // The list that the Waiter is in, and its lock; nullptr if it is in none.
  WaitList* list = nullptr;
  BiasedLock* lock = nullptr;
  Waiter* const sibling;
  // If several Waiters share a wait: the one that ended it, so far. Null if
  // there is only one.
  std::atomic<Waiter*>* const winner;
  // For use by the object that is waited on.
  uint32_t mark = 0;
  void* payload = nullptr;
  void* granted = nullptr;

  // Returns whether this Waiter is the one that ends the wait.
  bool Claim() {
    Waiter* none = nullptr;
    return winner == nullptr || winner->compare_exchange_strong(none, this);
  }
};

// A FIFO of Waiters. Context: under the lock of the object it belongs to.
class WaitList {
 public:
  constexpr WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  bool empty() const { return head_ == nullptr; }
  Waiter* front() const { return head_; }

  void PushBack(Waiter* waiter, BiasedLock& lock) {
    Enter(waiter, lock);
    waiter->prev = tail_;
    waiter->next = nullptr;
    (tail_ == nullptr ? head_ : tail_->next) = waiter;
    tail_ = waiter;
  }
  void PushFront(Waiter* waiter, BiasedLock& lock) {
    Enter(waiter, lock);
    waiter->next = head_;
    waiter->prev = nullptr;
    (head_ == nullptr ? tail_ : head_->prev) = waiter;
    head_ = waiter;
  }
  void Remove(Waiter* waiter) {
    (waiter->prev == nullptr ? head_ : waiter->prev->next) = waiter->next;
    (waiter->next == nullptr ? tail_ : waiter->next->prev) = waiter->prev;
    waiter->list = nullptr;
  }
  // Removes and returns the first, or returns nullptr.
  Waiter* PopFront() {
    Waiter* first = head_;
    if (first != nullptr) Remove(first);
    return first;
  }
  // The same, but skips Waiters whose wait another Waiter has ended.
  Waiter* PopClaimed() {
    Waiter* first;
    do {
      first = PopFront();
    } while (first != nullptr && !first->Claim());
    return first;
  }

 private:
  void Enter(Waiter* waiter, BiasedLock& lock) {
    waiter->list = this;
    waiter->lock = &lock;
  }

  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

// The beginning of an object that one thread holds at a time; the wait_object
// of kMutex and kSharedMutex.
struct Owned {
  // SelfId of the thread that holds it, or nullptr. Written under the object's
  // lock; a thread may check at any time whether it is the owner itself.
  std::atomic<const void*> owner{nullptr};

  const void* Owner() const { return owner.load(std::memory_order_relaxed); }
  void SetOwner(const void* id) { owner.store(id, std::memory_order_relaxed); }
};

// Returns an id that is unique among green threads and OS threads.
inline const void* SelfId() {
  const signals::TaskHead* current = signals::task_frame.head.current;
  return current != nullptr ? current : &signals::task_frame.head;
}

// Waiters that were removed and are to be woken once the lock is free.
class WakeList {
 public:
  void Add(Waiter* waiter) {
    waiter->next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = waiter;
    last_ = waiter;
  }
  // Adds all that are in the list.
  void TakeAll(WaitList& list) {
    while (Waiter* waiter = list.PopFront()) Add(waiter);
  }
  // Context: preemption off, the lock not held.
  void DeliverAll();

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

// Ends a wait. The Parker may be gone afterwards.
// Context: preemption off; worker, its interrupt handler included, or OS
// thread.
void Deliver(Parker* parker);
inline void Deliver(Waiter* waiter) { Deliver(waiter->parker); }

// Waits until the Parker's wake-up is delivered. When `due_ns` (monotonic,
// kNoDeadline for never) has passed, calls `withdraw`, which returns false if a
// waker has already ended the wait. Returns whether the wake-up was delivered.
// Context: preemption off by one level, no lock held. Switches: yes.
template <typename Withdraw>
bool ParkUntilDelivered(Parker& parker, WaitKind kind, const void* object,
                        int64_t due_ns, Withdraw withdraw);

// The same for a wait in one list; `waiter` is in it.
bool ParkUntilDelivered(Waiter& waiter, WaitKind kind, const void* object,
                        int64_t due_ns);

// Returns whether the wake-up came before the green thread parked. `parker` is
// Task::parker.
inline bool CameBeforeParking(const Parker* parker) {
  return parker != nullptr && parker->parked &&
         parker->delivered.load(std::memory_order_relaxed) != 0;
}

// Parks once. Returns false if the deadline passed.
bool ParkOnce(Parker& parker, WaitKind kind, const void* object,
              int64_t due_ns);

// ---------------------------------------------------------------------------
// Implementation.

template <typename Withdraw>
bool ParkUntilDelivered(Parker& parker, WaitKind kind, const void* object,
                        int64_t due_ns, Withdraw withdraw) {
  while (parker.delivered.load(std::memory_order_acquire) == 0) {
    if (!ParkOnce(parker, kind, object, due_ns) && due_ns != kNoDeadline &&
        parker.delivered.load(std::memory_order_acquire) == 0) {
      if (withdraw()) return false;
      // A waker has removed the Waiter and is about to deliver.
      due_ns = kNoDeadline;
    }
  }
  signals::Acquired(&parker);
  return true;
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_WAITER_H_
