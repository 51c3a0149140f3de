// Parking and waking threads: the base of all synchronisation primitives.
//
//   void Gate::Wait() {
//     signals::PreemptGuard guard;  // open_ cannot change until Park.
//     while (!open_) {
//       waiter_ = ThreadRef::Current();
//       Park();
//     }
//   }
//   void Gate::Open() {
//     signals::PreemptGuard guard;
//     open_ = true;
//     waiter_.Wake();
//   }
//
// All threads concerned belong to one run.
#ifndef JIFFY_RUNTIME_PARK_H_
#define JIFFY_RUNTIME_PARK_H_

#include <cstdint>

#include "sched/entity.h"
#include "signals/preempt.h"

namespace jiffy {

namespace internal {
struct Task;
}  // namespace internal

// A reference to a green thread: valid until the thread ends.
class ThreadRef {
 public:
  // Refers to no thread.
  ThreadRef() = default;
  // Returns the calling thread. Context: green thread.
  static ThreadRef Current();

  // Makes the thread runnable if it is parked or asleep; else does nothing.
  // Context: green thread, preemption off. Switches: no, but the policy may
  // preempt the caller when preemption is on again.
  void Wake() const;

  // Changes the thread's scheduling parameters. Context: as Wake.
  void SetParams(const sched::TaskParams& params) const;

  explicit operator bool() const { return task_ != nullptr; }

 private:
  explicit ThreadRef(internal::Task* task) : task_(task) {}

  internal::Task* task_ = nullptr;
};

inline constexpr int64_t kNoDeadlineNs = -1;

// Blocks the calling thread until it is woken or `deadline_ns`, a time of
// CLOCK_MONOTONIC, has come. May return spuriously.
// Context: green thread, preemption off by one guard; on while it waits.
// Switches: yes.
void Park(int64_t deadline_ns = kNoDeadlineNs);

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_PARK_H_
