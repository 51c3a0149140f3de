// Mutexes: jiffy::Mutex for std::mutex, and so on. They meet the standard's
// Lockable and TimedLockable, so std::lock_guard, std::unique_lock and
// std::scoped_lock work with them; members with a counterpart in the standard
// have its names.
//
//   jiffy::Mutex mutex;
//   std::lock_guard lock(mutex);
//
// A thread that has to wait parks; its worker runs others meanwhile. Green
// threads and OS threads may share a mutex. It takes no system call and, as
// long as no OS thread has used it, no atomic instruction.
//
// Order: threads wait first come, first served, but a running thread may take a
// free mutex before a woken thread that has not run yet: otherwise each unlock
// would cost a switch. This happens to a waiter at most once; then the mutex is
// handed to it.
//
// Misuse: unlocking a mutex that the caller does not hold aborts with a
// message. Destroying a mutex that is held prints a message, and aborts if
// threads wait.
#ifndef JIFFY_RUNTIME_SYNC_MUTEX_H_
#define JIFFY_RUNTIME_SYNC_MUTEX_H_

#include <chrono>
#include <cstdint>

#include "absl/time/time.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy {

class ConditionVariable;

namespace internal {

// Waiter::mark of a waiter to which the unlocker handed the mutex.
inline constexpr uint32_t kMutexHandedOver = 2;

// The base of all mutexes.
class MutexCore : public Owned {
 public:
  constexpr explicit MutexCore(bool inherits = false) : inherits_(inherits) {}
  ~MutexCore() {
    if (Owner() != nullptr) [[unlikely]]
      DestroyedWhileHeld();
  }

  // Throws std::system_error (resource_deadlock_would_occur) if the caller
  // holds it.
  void Lock() {
    signals::PreemptDisable();
    lock_.Lock();
    if (Owner() == nullptr && !inherits_) [[likely]] {
      SetOwner(SelfId());
      lock_.Unlock();
      signals::PreemptEnable();
      return;
    }
    LockSlow(kNoDeadline);
  }

  bool TryLock() {
    const LockGuard guard(lock_);
    if (Owner() != nullptr) return false;
    Take();
    return true;
  }

  // Locks before `due_ns`. Returns whether it succeeded.
  bool LockUntil(int64_t due_ns) {
    if (TryLock()) return true;
    if (due_ns == kAlreadyOver) return false;
    signals::PreemptDisable();
    lock_.Lock();
    return LockSlow(due_ns);
  }

  void Unlock() {
    signals::PreemptDisable();
    if (Owner() != SelfId()) [[unlikely]]
      UnlockedByAnother();
    UnlockNoPreempt();
    signals::PreemptEnable();
  }

  bool HeldByCaller() const { return Owner() == SelfId(); }

 protected:
  friend class ::jiffy::ConditionVariable;

  // Context: preemption off.
  void UnlockNoPreempt() {
    lock_.Lock();
    if ((waiters_.empty() || waking_) && !inherits_) [[likely]] {
      SetOwner(nullptr);
      lock_.Unlock();
    } else {
      PassOn();
    }
  }

 private:
  // Context: preemption off by one level, lock_ held; both are undone.
  bool LockSlow(int64_t due_ns);
  void PassOn();
  // Makes the caller the owner. Context: lock_ held, no owner.
  void Take() {
    SetOwner(SelfId());
    if (inherits_) [[unlikely]]
      Hold(WaitingTask());
  }

  // Priority inheritance (mutex_inheritance.cc). Context: preemption off.
  // Record that the task owns the mutex, or no longer does. nullptr is an OS
  // thread, which neither lends nor borrows priority.
  void Hold(Task* task);
  void LetGo(Task* task);
  // Passes the caller's priority on to the owner, to the owner of the mutex
  // that this owner waits for, and so on.
  void Lend();
  // Hands the mutex to the waiter of the highest priority. Context: as PassOn.
  void HandOver();
  // Recomputes the owner's priority after a waiter has given up.
  void Withdrawn();
  // Sets the task's parameters to its own or, if higher, to those of a task
  // that waits for one of its mutexes.
  static void Reckon(Task& task);
  [[noreturn]] void UnlockedByAnother();
  void DestroyedWhileHeld();

  BiasedLock lock_;
  // Whether the owner inherits the priority of the waiters.
  const bool inherits_;
  // Whether a waiter was woken that has not tried to lock yet.
  bool waking_ = false;
  // Next in the list of inheriting mutexes that the owner holds.
  MutexCore* next_held_ = nullptr;
  WaitList waiters_;
};

// Adds nesting, for the recursive mutexes.
class RecursiveMutexCore : public MutexCore {
 public:
  void LockNested() {
    if (!HeldByCaller()) Lock();
    depth_++;
  }
  bool TryLockNested() { return LockNestedUntil(kAlreadyOver); }
  bool LockNestedUntil(int64_t due_ns) {
    if (!HeldByCaller() && !LockUntil(due_ns)) return false;
    depth_++;
    return true;
  }
  void UnlockNested() {
    if (!HeldByCaller()) [[unlikely]]
      Unlock();  // Complains.
    if (--depth_ == 0) Unlock();
  }

 private:
  // Nesting depth of the holder.
  uint64_t depth_ = 0;
};

}  // namespace internal

// Whether a thread that holds a mutex inherits the priority of the threads that
// wait for it, directly or through other mutexes, if that is higher than its
// own. So no thread in between keeps it off the CPU (priority inversion). Has
// an effect under policies that have priorities: the Linux ones. The mutex is
// then handed to the waiter of the highest priority. Costs about 10 ns.
//
// Source: L. Sha, R. Rajkumar, J. Lehoczky, "Priority Inheritance Protocols",
// IEEE Transactions on Computers 39(9), 1990: the basic protocol.
enum class PriorityInheritance : bool { kOff, kOn };

// As std::mutex. Context of all members: green thread or OS thread.
class Mutex : private internal::MutexCore {
 public:
  constexpr Mutex() = default;
  constexpr explicit Mutex(PriorityInheritance inheritance)
      : MutexCore(inheritance == PriorityInheritance::kOn) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Switches: if it has to wait. Throws std::system_error
  // (resource_deadlock_would_occur) if the caller holds it already.
  void lock() { Lock(); }
  bool try_lock() { return TryLock(); }
  // Switches: if the policy prefers a waiting thread.
  void unlock() { Unlock(); }

 private:
  friend class ConditionVariable;
};

// As std::timed_mutex.
class TimedMutex : private internal::MutexCore {
 public:
  constexpr TimedMutex() = default;
  TimedMutex(const TimedMutex&) = delete;
  TimedMutex& operator=(const TimedMutex&) = delete;

  void lock() { Lock(); }
  bool try_lock() { return TryLock(); }
  // Return whether they locked it in time.
  template <typename Rep, typename Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) {
    return LockUntil(internal::DueAfter(timeout));
  }
  bool try_lock_for(absl::Duration timeout) {
    return LockUntil(internal::DueAfter(timeout));
  }
  template <typename Clock, typename Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& time) {
    return LockUntil(internal::DueAt(time));
  }
  void unlock() { Unlock(); }
};

// As std::recursive_mutex: its holder may lock it again, and must unlock it as
// often.
class RecursiveMutex : private internal::RecursiveMutexCore {
 public:
  constexpr RecursiveMutex() = default;
  RecursiveMutex(const RecursiveMutex&) = delete;
  RecursiveMutex& operator=(const RecursiveMutex&) = delete;

  void lock() { LockNested(); }
  bool try_lock() { return TryLockNested(); }
  void unlock() { UnlockNested(); }
};

// As std::recursive_timed_mutex.
class RecursiveTimedMutex : private internal::RecursiveMutexCore {
 public:
  constexpr RecursiveTimedMutex() = default;
  RecursiveTimedMutex(const RecursiveTimedMutex&) = delete;
  RecursiveTimedMutex& operator=(const RecursiveTimedMutex&) = delete;

  void lock() { LockNested(); }
  bool try_lock() { return TryLockNested(); }
  template <typename Rep, typename Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) {
    return LockNestedUntil(internal::DueAfter(timeout));
  }
  bool try_lock_for(absl::Duration timeout) {
    return LockNestedUntil(internal::DueAfter(timeout));
  }
  template <typename Clock, typename Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& time) {
    return LockNestedUntil(internal::DueAt(time));
  }
  void unlock() { UnlockNested(); }
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_MUTEX_H_
