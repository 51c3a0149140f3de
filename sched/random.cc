#include "sched/random.h"

namespace jiffy::sched {

void Random::Reserve(size_t tasks) { runnable_.Reserve(tasks); }

const char* Random::Attach(Entity& entity) {
  // All attached tasks may be runnable at once.
  if (attached_ == runnable_.capacity()) {
    return "the policy has no room for another task: Reserve was not called";
  }
  ++attached_;
  entity.Init<Place>();
  return nullptr;
}

void Random::Detach(Entity& /*entity*/) { --attached_; }

void Random::Enqueue(Entity& entity, EnqueueReason /*reason*/) {
  entity.Data<Place>().index = static_cast<uint32_t>(runnable_.size());
  runnable_.PushBack(entity);
}

void Random::Dequeue(Entity& entity, DequeueReason reason) {
  // Only a task that moves to another CPU is in the queue; the others were
  // current.
  if (reason == DequeueReason::kMigrated) Take(entity.Data<Place>().index);
}

Entity* Random::PickNext() {
  meter_.Start();
  if (runnable_.empty()) return nullptr;
  return Take(random_.Below(static_cast<uint32_t>(runnable_.size())));
}

bool Random::Tick(Entity& current, int ticks) {
  return meter_.Charge(current.params, ticks, host().TickNs());
}

Entity* Random::Take(uint32_t index) {
  Entity* const taken = runnable_[index];
  // The last task fills the gap: the order in the array has no meaning.
  Entity* const last = runnable_[runnable_.size() - 1];
  runnable_[index] = last;
  last->Data<Place>().index = index;
  runnable_.PopBack();
  return taken;
}

}  // namespace jiffy::sched
