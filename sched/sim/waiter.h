// A thread, as the objects that threads wait for know it.
#ifndef JIFFY_SCHED_SIM_WAITER_H_
#define JIFFY_SCHED_SIM_WAITER_H_

#include <cstdint>

#include "sched/entity.h"
#include "sched/sim/trace.h"

namespace jiffy::sched::sim {

// What a blocked thread waits for.
enum class WaitKind : uint8_t {
  kSleep,
  kMutex,
  kCondition,
  kSuspension,
  kBarrier,
  kSemaphore,
};

struct Waiter {
  TraceTask trace;
  bool exited = false;

  // While it is blocked: what it waits for.
  WaitKind wait_kind = WaitKind::kSleep;
  int wait_object = -1;
  // Next in the queue that it waits in.
  Waiter* wait_next = nullptr;
  // While it waits for a condition: the mutex to take before it goes on, or -1.
  int relock_mutex = -1;

  // What the policy goes by: its own, and, while it holds a mutex that passes
  // priority on, maybe a waiter's.
  TaskParams own_params;
  TaskParams params_in_force;
  bool waits_for_mutex = false;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_WAITER_H_
