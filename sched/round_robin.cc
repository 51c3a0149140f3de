#include "sched/round_robin.h"

#include "sched/describe.h"

namespace jiffy::sched {

void RoundRobin::Enqueue(Entity& entity, EnqueueReason /*reason*/) {
  queue_.PushBack(entity);
}

void RoundRobin::Dequeue(Entity& entity, DequeueReason reason) {
  // Only a task that moves to another CPU is in the queue; the others were
  // current.
  if (reason == DequeueReason::kMigrated) queue_.Remove(entity);
}

bool RoundRobin::StartFirst(Entity& current, Entity& /*child*/) {
  meter_.Start();
  queue_.PushFront(current);
  return true;
}

Entity* RoundRobin::PickNext() {
  meter_.Start();
  return queue_.PopFront();
}

Entity* RoundRobin::Yield(Entity& current) {
  meter_.Start();
  return queue_.Rotate(current);
}

bool RoundRobin::Tick(Entity& current, int ticks) {
  return meter_.Charge(current.params, ticks, host().TickNs());
}

void RoundRobin::Describe(const Entity& entity, char* buffer,
                          size_t size) const {
  Description(buffer, size)
      << "slice " << meter_.SliceNs(entity.params) / 1000 << " us";
}

}  // namespace jiffy::sched
