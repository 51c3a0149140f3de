#include "sched/stride.h"

#include "sched/describe.h"
#include "sched/tickets.h"

namespace jiffy::sched {
namespace {

using Task = Stride::Task;

// The paper's stride1, for one nanosecond.
constexpr int64_t kStride1 = 1024;

Task& TaskOf(Entity& entity) { return entity.Data<Task>(); }
const Task& TaskOf(const Entity& entity) { return entity.Data<Task>(); }

// Returns the advance of a pass in `ns` nanoseconds with `tickets` tickets.
int64_t StrideOf(int64_t ns, int64_t tickets) {
  return ns * kStride1 / tickets;
}

}  // namespace

// client_init()
const char* Stride::Attach(Entity& entity) {
  Task& task = entity.Init<Task>();
  task.tickets = TicketsOf(entity.params);
  task.remain = StrideOf(slice_ns_, task.tickets);
  return nullptr;
}

// client_modify(): scales the rest of the current stride with the new stride.
void Stride::ParamsChanged(Entity& entity) {
  Task& task = TaskOf(entity);
  const int64_t tickets = TicketsOf(entity.params);
  if (tickets == task.tickets) return;
  const bool runnable = task.runnable;
  const bool queued = runnable && &entity != current_;
  if (runnable) {
    Charge();
    if (queued) tree_.Remove(entity);
    Leave(task);
  }
  task.remain = task.remain * task.tickets / tickets;
  task.tickets = tickets;
  if (runnable) Join(task);
  if (queued) tree_.Insert(entity);
}

// Advances the passes by the time since the last call.
void Stride::Charge() {
  if (current_ == nullptr) return;
  const int64_t now = host().Now();
  const int64_t ran = now - charged_until_ns_;
  if (ran <= 0) return;
  charged_until_ns_ = now;
  Task& task = TaskOf(*current_);
  task.pass += static_cast<uint64_t>(StrideOf(ran, task.tickets));
  global_pass_ += static_cast<uint64_t>(StrideOf(ran, global_tickets_));
}

// client_join() and client_leave()
void Stride::Join(Task& task) {
  task.pass = global_pass_ + static_cast<uint64_t>(task.remain);
  global_tickets_ += task.tickets;
  task.runnable = true;
}

void Stride::Leave(Task& task) {
  task.remain = static_cast<int64_t>(task.pass - global_pass_);
  global_tickets_ -= task.tickets;
  task.runnable = false;
}

void Stride::Enqueue(Entity& entity, EnqueueReason reason) {
  Charge();
  if (reason == EnqueueReason::kYielded) yielder_ = &entity;
  if (&entity == current_) {
    current_ = nullptr;
  } else {
    Join(TaskOf(entity));
  }
  tree_.Insert(entity);
}

void Stride::Dequeue(Entity& entity, DequeueReason /*reason*/) {
  Charge();
  if (&entity == yielder_) yielder_ = nullptr;
  if (&entity == current_) {
    current_ = nullptr;
  } else {
    tree_.Remove(entity);
  }
  Leave(TaskOf(entity));
}

Entity* Stride::PickNext() {
  meter_.Start();
  Entity* next = tree_.First();
  if (next == nullptr) return nullptr;
  if (next == yielder_) {
    Entity* const second = Treap<ByPass>::Next(*next);
    if (second != nullptr) next = second;
  }
  yielder_ = nullptr;
  tree_.Remove(*next);
  current_ = next;
  charged_until_ns_ = host().Now();
  return next;
}

// Writes the pass relative to the global pass.
void Stride::Describe(const Entity& entity, char* buffer, size_t size) const {
  const Task& task = TaskOf(entity);
  const int64_t lead = task.runnable
                           ? static_cast<int64_t>(task.pass - global_pass_)
                           : task.remain;
  Description(buffer, size) << "pass " << lead << ", tickets " << task.tickets;
}

bool Stride::Tick(Entity& current, int ticks) {
  Charge();
  return meter_.Charge(current.params, ticks, host().TickNs());
}

void Stride::TickAway(Entity& away, int ticks) {
  Task& task = TaskOf(away);
  task.remain += StrideOf(ticks * host().TickNs(), task.tickets);
}

}  // namespace jiffy::sched
