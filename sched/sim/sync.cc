#include "sched/sim/sync.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {

SyncObjects::SyncObjects(const Workload& workload, Host host)
    : workload_(workload),
      host_(std::move(host)),
      mutexes_(workload.mutexes.size()),
      conditions_(workload.conditions.size()),
      suspensions_(workload.suspensions.size()),
      barriers_(workload.barriers.size()),
      semaphores_(workload.semaphores.size()) {
  for (size_t i = 0; i < barriers_.size(); ++i) {
    barriers_[i].missing = workload.barriers[i].users;
  }
}

bool SyncObjects::Lock(Waiter& task, int mutex) {
  Mutex& state = mutexes_[static_cast<size_t>(mutex)];
  if (state.owner == nullptr) {
    state.owner = &task;
    return true;
  }
  // Also if the thread itself holds the mutex: then it waits for ever, as with
  // a POSIX mutex.
  Enqueue(state.waiters, task, WaitKind::kMutex, mutex);
  task.waits_for_mutex = true;
  if (workload_.priority_inheritance) Lend(task);
  return false;
}

bool SyncObjects::Unlock(Waiter& task, int mutex) {
  Mutex& state = mutexes_[static_cast<size_t>(mutex)];
  if (state.owner != &task) return false;
  Release(state);
  return true;
}

void SyncObjects::Wait(Waiter& task, int condition, int mutex) {
  Mutex& state = mutexes_[static_cast<size_t>(mutex)];
  const bool held = state.owner == &task;
  task.relock_mutex = held ? mutex : -1;
  Enqueue(conditions_[static_cast<size_t>(condition)], task,
          WaitKind::kCondition, condition);
  if (held) Release(state);
}

void SyncObjects::Signal(int condition) {
  Waiter* const waiter = conditions_[static_cast<size_t>(condition)].Pop();
  if (waiter != nullptr) Finish(*waiter);
}

void SyncObjects::Broadcast(int condition) {
  WaitQueue& waiters = conditions_[static_cast<size_t>(condition)];
  while (Waiter* const waiter = waiters.Pop()) Finish(*waiter);
}

void SyncObjects::Suspend(Waiter& task, int suspension) {
  Enqueue(suspensions_[static_cast<size_t>(suspension)], task,
          WaitKind::kSuspension, suspension);
}

void SyncObjects::Resume(int suspension) {
  WaitQueue& waiters = suspensions_[static_cast<size_t>(suspension)];
  while (Waiter* const waiter = waiters.Pop()) Wake(*waiter);
}

bool SyncObjects::Arrive(Waiter& task, int barrier) {
  BarrierState& state = barriers_[static_cast<size_t>(barrier)];
  if (--state.missing > 0) {
    Enqueue(state.waiters, task, WaitKind::kBarrier, barrier);
    return false;
  }
  state.missing = workload_.barriers[static_cast<size_t>(barrier)].users;
  while (Waiter* const waiter = state.waiters.Pop()) Wake(*waiter);
  return true;
}

bool SyncObjects::SemWait(Waiter& task, int semaphore) {
  Semaphore& state = semaphores_[static_cast<size_t>(semaphore)];
  if (state.count > 0) {
    --state.count;
    return true;
  }
  Enqueue(state.waiters, task, WaitKind::kSemaphore, semaphore);
  return false;
}

void SyncObjects::SemPost(int semaphore) {
  Semaphore& state = semaphores_[static_cast<size_t>(semaphore)];
  if (Waiter* const waiter = state.waiters.Pop()) {
    Wake(*waiter);
  } else {
    ++state.count;
  }
}

std::string SyncObjects::DescribeWait(const Waiter& task) const {
  const auto object = static_cast<size_t>(task.wait_object);
  switch (task.wait_kind) {
    case WaitKind::kSleep:
      return "the end of its sleep";
    case WaitKind::kMutex: {
      const Waiter* const owner = mutexes_[object].owner;
      return absl::StrCat("mutex ", Quoted(workload_.mutexes[object]),
                          ", held by ",
                          owner == &task ? "itself" : owner->trace.name,
                          owner->exited ? ", which has exited" : "");
    }
    case WaitKind::kCondition:
      return absl::StrCat("condition ", Quoted(workload_.conditions[object]));
    case WaitKind::kSuspension:
      return absl::StrCat("a resume of ",
                          Quoted(workload_.suspensions[object]));
    case WaitKind::kSemaphore:
      return absl::StrCat("semaphore ", Quoted(workload_.semaphores[object]));
    case WaitKind::kBarrier:
      return absl::StrCat("barrier ", Quoted(workload_.barriers[object].name),
                          ", at which ", barriers_[object].missing, " of ",
                          workload_.barriers[object].users, " are missing");
  }
  return "";
}

void SyncObjects::Enqueue(WaitQueue& queue, Waiter& task, WaitKind kind,
                          int object) {
  task.wait_kind = kind;
  task.wait_object = object;
  queue.Push(task);
}

void SyncObjects::Release(Mutex& mutex) {
  Waiter* const before = mutex.owner;
  mutex.owner = mutex.waiters.Pop();
  if (workload_.priority_inheritance) {
    Reckon(*before);
    if (mutex.owner != nullptr) Reckon(*mutex.owner);
  }
  if (mutex.owner != nullptr) Wake(*mutex.owner);
}

void SyncObjects::Wake(Waiter& waiter) {
  waiter.waits_for_mutex = false;
  host_.wake(waiter);
}

void SyncObjects::SetParams(Waiter& task, const TaskParams& params) {
  task.own_params = params;
  Reckon(task);
}

void SyncObjects::Lend(const Waiter& waiter) {
  const Waiter* lender = &waiter;
  while (lender->waits_for_mutex) {
    Waiter& owner = *mutexes_[static_cast<size_t>(lender->wait_object)].owner;
    // Each step up the chain raises a priority, so the loop ends, even in a
    // deadlock.
    if (!host_.outranks(lender->params_in_force, owner.params_in_force)) return;
    owner.params_in_force = lender->params_in_force;
    host_.apply(owner, owner.params_in_force);
    lender = &owner;
  }
}

void SyncObjects::Reckon(Waiter& task) {
  const TaskParams* highest = &task.own_params;
  if (workload_.priority_inheritance) {
    for (const Mutex& mutex : mutexes_) {
      if (mutex.owner != &task) continue;
      for (const Waiter* waiter = mutex.waiters.first(); waiter != nullptr;
           waiter = waiter->wait_next) {
        if (host_.outranks(waiter->params_in_force, *highest)) {
          highest = &waiter->params_in_force;
        }
      }
    }
  }
  if (*highest == task.params_in_force) return;
  task.params_in_force = *highest;
  host_.apply(task, task.params_in_force);
}

void SyncObjects::Finish(Waiter& waiter) {
  // The thread still counts as blocked, so nothing changes if it does not get
  // the mutex.
  const int mutex = waiter.relock_mutex;
  if (mutex < 0 || Lock(waiter, mutex)) Wake(waiter);
}

}  // namespace jiffy::sched::sim
