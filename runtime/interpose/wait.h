// The wait that the interposed locks and semaphores share.
#ifndef JIFFY_RUNTIME_INTERPOSE_WAIT_H_
#define JIFFY_RUNTIME_INTERPOSE_WAIT_H_

#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/deadline.h"

namespace jiffy::interpose {

struct WaitSpec {
  const void* object = nullptr;
  internal::WaitKind kind = internal::WaitKind::kAddress;
  // Selects among the object's waiters: see AddressWait.
  uint32_t mask = ~0u;
  int64_t due_ns = internal::kNoDeadline;
  // Whether another process may change the object without waking us.
  bool poll = false;
  // Whether the wait is a cancellation point.
  bool cancellable = false;
};

// Waits until `done`, which checks the object and takes what it can, returns
// true. Returns why the wait ended; kWoken means that `done` returned true.
// `hidden_changes` is called once the thread is in the table, and returns
// whether the object may currently be changed without a wake-up. Context: green
// thread. Switches: yes.
template <typename Done, typename HiddenChanges>
ParkResult WaitUntil(const WaitSpec& spec, Done done,
                     HiddenChanges hidden_changes) {
  Backoff backoff;
  auto place = AddressWait::Place::kBack;
  for (;;) {
    AddressWait wait(spec.object, spec.mask);
    wait.Enqueue(place);
    if (done()) {
      // Another thread may need the wake-up.
      if (!wait.Withdraw()) Unpark(spec.object, 1, spec.mask);
      return ParkResult::kWoken;
    }
    const int64_t due_ns =
        spec.poll || hidden_changes() ? backoff.Next(spec.due_ns) : spec.due_ns;
    const ParkResult result =
        spec.cancellable ? wait.AwaitCancellable(spec.kind, spec.object, due_ns)
                         : wait.Await(spec.kind, spec.object, due_ns);
    if (done()) return ParkResult::kWoken;
    if (result == ParkResult::kCancelled) return result;
    if (result == ParkResult::kTimeout && IsOver(spec.due_ns)) return result;
    place = AddressWait::Place::kFront;
  }
}

template <typename Done>
ParkResult WaitUntil(const WaitSpec& spec, Done done) {
  return WaitUntil(spec, done, [] { return false; });
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_WAIT_H_
