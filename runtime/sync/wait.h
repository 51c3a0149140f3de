// The wait that all primitives share: try; else enter a list, park, and be
// granted the object by the thread that has it to give.
#ifndef JIFFY_RUNTIME_SYNC_WAIT_H_
#define JIFFY_RUNTIME_SYNC_WAIT_H_

#include <cstdint>
#include <stop_token>

#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy::internal {

// A wait in a single list.
struct Wait {
  Parker parker;
  Waiter waiter{&parker};

  // Set by EndByStop: a stop was requested; the stop ended this wait.
  bool stop_requested = false;
  bool stopped = false;
};

// Ends a wait when a stop is requested.
struct EndByStop {
  BiasedLock* lock;
  Wait* wait;
  void operator()() const noexcept;
};

// Calls `wait_here` while the wait is registered with a stop token. Not
// inlined: most waits have no token, and should have small frames.
// Context: preemption on, as the stop state has a lock of its own.
template <typename WaitHere>
[[gnu::noinline]] void WaitOrStop(const std::stop_token& token,
                                  BiasedLock& lock, Wait& wait,
                                  WaitHere& wait_here) {
  const std::stop_callback<EndByStop> callback(token, EndByStop{&lock, &wait});
  wait_here();
}

// Calls `wait_here`; meanwhile a stop request ends the wait.
template <typename WaitHere>
void UnlessStopped(const std::stop_token& token, BiasedLock& lock, Wait& wait,
                   WaitHere wait_here) {
  if (token.stop_possible()) [[unlikely]] {
    WaitOrStop(token, lock, wait, wait_here);
  } else {
    wait_here();
  }
}

// Calls `enqueue` to enter the caller in a list, and waits to be woken.
// Context: the lock is held, and released on return. Preemption is off.
template <typename Enqueue>
WaitResult WaitQueued(BiasedLock& lock, Wait& wait, WaitKind kind,
                      const void* object, int64_t due_ns, Enqueue enqueue) {
  if (wait.stop_requested || due_ns == kAlreadyOver) {
    lock.Unlock();
    return wait.stop_requested ? WaitResult::kStopped : WaitResult::kTimeout;
  }
  enqueue();
  lock.Unlock();
  if (!ParkUntilDelivered(wait.waiter, kind, object, due_ns)) {
    return WaitResult::kTimeout;
  }
  return wait.stopped ? WaitResult::kStopped : WaitResult::kReady;
}

inline WaitResult WaitInList(BiasedLock& lock, WaitList& list, Wait& wait,
                             WaitKind kind, const void* object,
                             int64_t due_ns) {
  return WaitQueued(lock, wait, kind, object, due_ns,
                    [&] { list.PushBack(&wait.waiter, lock); });
}

// Returns kReady if `try_take`, called under the lock, succeeds; else waits in
// the list for a grant. `due` returns the deadline; it is called only before a
// wait.
// Context: anywhere but in handlers. Switches: if it has to wait.
template <typename TryTake, typename Due>
WaitResult TakeOrWait(BiasedLock& lock, WaitList& list, WaitKind kind,
                      const void* object, const std::stop_token& stop, Due due,
                      TryTake try_take) {
  {
    const LockGuard guard(lock);
    if (try_take()) return WaitResult::kReady;
  }
  const int64_t due_ns = due();
  Wait wait;
  WaitResult result = WaitResult::kReady;
  UnlessStopped(stop, lock, wait, [&] {
    const signals::PreemptGuard guard;
    lock.Lock();
    if (try_take()) {
      lock.Unlock();
    } else {
      result = WaitInList(lock, list, wait, kind, object, due_ns);
    }
  });
  return result;
}

// Prints to standard error what the calling thread did and why that is wrong.
// Misuse then aborts.
void Report(const char* action, const char* what);
[[noreturn]] void Misuse(const char* action, const char* what);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_SYNC_WAIT_H_
