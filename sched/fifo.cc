#include "sched/fifo.h"

namespace jiffy::sched {

void Fifo::Enqueue(Entity& entity, EnqueueReason reason) {
  if (reason == EnqueueReason::kPreempted) {
    queue_.PushFront(entity);
  } else {
    queue_.PushBack(entity);
  }
}

void Fifo::Dequeue(Entity& entity, DequeueReason reason) {
  // Only a task that moves to another CPU is in the queue; the others were
  // current.
  if (reason == DequeueReason::kMigrated) queue_.Remove(entity);
}

bool Fifo::StartFirst(Entity& current, Entity& /*child*/) {
  queue_.PushFront(current);
  return true;
}

Entity* Fifo::PickNext() { return queue_.PopFront(); }

Entity* Fifo::Yield(Entity& current) { return queue_.Rotate(current); }

bool Fifo::Tick(Entity& /*current*/, int /*ticks*/) { return false; }

}  // namespace jiffy::sched
