// Priority inheritance: the holder of an inheriting mutex has the priority of
// its waiters.
//
// A task's inherited priority follows from two facts that always hold with
// preemption off: Completion::held lists the mutexes that the task holds, and
// the queue of each of them has all its waiters. So no count can go wrong:
// Reckon computes the priority anew. Only the worker runs this code; OS threads
// are ignored.

#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/sync/mutex.h"
#include "sched/entity.h"

namespace jiffy::internal {
namespace {

bool Outranks(const sched::TaskParams& a, const sched::TaskParams& b) {
  return ThisWorker().scheduler().Outranks(a, b);
}

void Apply(Task& task, const sched::TaskParams& params) {
  if (task.params == params) return;
  task.params = params;
  ThisWorker().ParamsChanged(task);
}

}  // namespace

void MutexCore::Hold(Task* task) {
  if (task == nullptr) return;
  next_held_ = task->completion->held;
  task->completion->held = this;
}

void MutexCore::LetGo(Task* task) {
  if (task == nullptr) return;
  MutexCore** link = &task->completion->held;
  while (*link != this) link = &(*link)->next_held_;
  *link = next_held_;
}

void MutexCore::Lend() {
  const Task* lender = WaitingTask();
  const Owned* wanted = this;
  while (lender != nullptr) {
    // A mutex held by an OS thread ends the chain; see Hold.
    Task* holder = nullptr;
    const void* owner = wanted->Owner();
    for (Task* task = ThisWorker().machine().all_tasks; task != nullptr;
         task = task->all_next) {
      if (static_cast<const signals::TaskHead*>(task) == owner) holder = task;
    }
    if (holder == nullptr || !Outranks(lender->params, holder->params)) return;
    Apply(*holder, lender->params);
    if (holder->state != TaskState::kBlocked ||
        holder->wait_kind != WaitKind::kMutex) {
      return;
    }
    wanted = static_cast<const Owned*>(holder->wait_object);
    lender = holder;
  }
}

void MutexCore::Reckon(Task& task) {
  sched::TaskParams highest = task.completion->own_params;
  for (MutexCore* mutex = task.completion->held; mutex != nullptr;
       mutex = mutex->next_held_) {
    mutex->lock_.Lock();
    for (const Waiter* waiter = mutex->waiters_.front(); waiter != nullptr;
         waiter = waiter->next) {
      const Task* other = waiter->parker->task;
      if (other != nullptr && Outranks(other->params, highest)) {
        highest = other->params;
      }
    }
    mutex->lock_.Unlock();
  }
  Apply(task, highest);
}

void MutexCore::HandOver() {
  Task* before = WaitingTask();
  LetGo(before);
  Waiter* highest = waiters_.front();
  for (Waiter* waiter = highest; waiter != nullptr; waiter = waiter->next) {
    const Task* best = highest->parker->task;
    const Task* task = waiter->parker->task;
    if (best != nullptr && task != nullptr && before != nullptr &&
        Outranks(task->params, best->params)) {
      highest = waiter;
    }
  }
  Task* after = nullptr;
  if (highest == nullptr) {
    SetOwner(nullptr);
  } else {
    waiters_.Remove(highest);
    highest->mark = kMutexHandedOver;
    SetOwner(highest->payload);
    after = highest->parker->task;
    Hold(after);
  }
  lock_.Unlock();
  if (before != nullptr) {
    Reckon(*before);
    if (after != nullptr) Reckon(*after);
  }
  if (highest != nullptr) Deliver(highest);
}

void MutexCore::Withdrawn() {
  // The owner may now inherit less. If an OS thread gave up, the owner
  // recomputes its priority at its next unlock.
  if (WaitingTask() == nullptr) return;
  const void* owner = Owner();
  for (Task* task = ThisWorker().machine().all_tasks; task != nullptr;
       task = task->all_next) {
    if (static_cast<const signals::TaskHead*>(task) == owner) {
      Reckon(*task);
      return;
    }
  }
}

}  // namespace jiffy::internal
