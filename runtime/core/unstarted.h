// A thread that was spawned and has not come to the CPU yet.
//
// It has no stack and no thread block: it gets them when it is first chosen,
// from the free slots, last in first out. Of thousands that are spawned at once
// and then run one after the other, each finds the stack warm that the one
// before has left. Until then it lies in its Completion, and takes its turn in
// the policy's queue by the EntityHead there.
//
// The invariant: the worker's pool has a free slot for each unstarted thread,
// so that starting one, which may happen in the interrupt handler, need not
// allocate.
//
// Only threads that ask for nothing in particular start so, under policies that
// only take turns (sched::TurnQueue), which look at no more of the tasks in
// their queue. All others have a slot from the beginning.
#ifndef JIFFY_RUNTIME_CORE_UNSTARTED_H_
#define JIFFY_RUNTIME_CORE_UNSTARTED_H_

#include <cstddef>
#include <cstdint>

#include "sched/entity.h"

namespace jiffy::internal {

// As an Entity, its id is 0: no task's.
struct Unstarted : sched::EntityHead {
  void (*run)(void* closure);
  // The callable. It stays here while the thread runs.
  alignas(void*) std::byte closure[5 * sizeof(void*)];
};

// Whether what a policy chose is an Unstarted instead of a Task.
inline bool IsUnstarted(const sched::EntityHead& choice) {
  return choice.id == 0;
}

// What a policy's queue takes it for, of which only the head is there.
inline sched::Entity& EntityOf(Unstarted& unstarted) {
  return static_cast<sched::Entity&>(
      static_cast<sched::EntityHead&>(unstarted));
}
inline Unstarted* UnstartedOf(sched::Entity* choice) {
  return static_cast<Unstarted*>(static_cast<sched::EntityHead*>(choice));
}

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_UNSTARTED_H_
