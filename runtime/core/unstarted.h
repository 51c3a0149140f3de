// A thread that was spawned and has not run yet.
//
// It has no stack and no thread block. It gets both from the free slots, last
// in first out, when it is first chosen. So when thousands of threads are
// spawned at once and run one after the other, each reuses the warm stack of
// the one before. Until then the thread lies in its Completion, and is queued
// in the policy by the EntityHead there.
//
// The invariant: the worker's pool has a free slot for each unstarted thread,
// so that starting one, which may happen in the interrupt handler, need not
// allocate.
//
// Only threads without special options start so, and only under policies that
// only take turns (sched::TurnQueue): these look at nothing but the EntityHead
// of queued tasks. All other threads have a slot from the beginning.
#ifndef JIFFY_RUNTIME_CORE_UNSTARTED_H_
#define JIFFY_RUNTIME_CORE_UNSTARTED_H_

#include <cstddef>
#include <cstdint>

#include "sched/entity.h"

namespace jiffy::internal {

// Its id as an Entity is 0, which no task has.
struct Unstarted : sched::EntityHead {
  void (*run)(void* closure);
  // The callable. It stays here while the thread runs.
  alignas(void*) std::byte closure[5 * sizeof(void*)];
};

// Returns whether the policy chose an Unstarted instead of a Task.
inline bool IsUnstarted(const sched::EntityHead& choice) {
  return choice.id == 0;
}

// Returns the Entity under which a policy's queue holds `unstarted`. Only its
// EntityHead exists.
inline sched::Entity& EntityOf(Unstarted& unstarted) {
  return static_cast<sched::Entity&>(
      static_cast<sched::EntityHead&>(unstarted));
}
inline Unstarted* UnstartedOf(sched::Entity* choice) {
  return static_cast<Unstarted*>(static_cast<sched::EntityHead*>(choice));
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_UNSTARTED_H_
