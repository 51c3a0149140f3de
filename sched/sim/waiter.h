// The part of a thread that synchronization objects see.
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

  // While blocked: the object that it waits for.
  WaitKind wait_kind = WaitKind::kSleep;
  int wait_object = -1;
  // Next thread in the same wait queue.
  Waiter* wait_next = nullptr;
  // While it waits for a condition: the mutex to take before it continues, or
  // -1.
  int relock_mutex = -1;

  // Its own parameters, and those that the policy uses: maybe a waiter's, while
  // the thread holds a mutex with priority inheritance.
  TaskParams own_params;
  TaskParams params_in_force;
  bool waits_for_mutex = false;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_WAITER_H_
