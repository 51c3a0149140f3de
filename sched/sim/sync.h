// Objects that simulated and live threads wait for: mutexes, condition
// variables, suspension points, barriers, semaphores.
#ifndef JIFFY_SCHED_SIM_SYNC_H_
#define JIFFY_SCHED_SIM_SYNC_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sched/sim/waiter.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Threads in order of arrival.
class WaitQueue {
 public:
  bool empty() const { return head_ == nullptr; }

  void Push(Waiter& task) {
    task.wait_next = nullptr;
    (head_ == nullptr ? head_ : tail_->wait_next) = &task;
    tail_ = &task;
  }

  Waiter* first() const { return head_; }

  // Returns the first thread, which leaves the queue; nullptr if there is none.
  Waiter* Pop() {
    Waiter* const first = head_;
    if (first != nullptr) head_ = first->wait_next;
    return first;
  }

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

// All objects of a workload. POSIX does not define which of several waiters is
// woken and gets a mutex; here it is always the one that came first:
//
// - An unlocked mutex passes to its first waiter at once.
// - A thread that waits for a condition wakes when it is signalled *and* has
//   the mutex: if another thread holds the mutex, the waiter moves from the
//   condition's queue to the mutex's. So no thread wakes only to block again.
// - A wait by a thread that does not hold the mutex does not change the mutex.
// - A signal or resume without a waiter is lost; a post is not.
// - If the workload says so, a holder of mutexes has the highest priority of
//   the threads that wait for them, directly or through others, until it
//   unlocks them. (Source: L. Sha, R. Rajkumar, J. Lehoczky, "Priority
//   Inheritance Protocols", IEEE Transactions on Computers 39(9), 1990: the
//   basic protocol.)
//
// Methods that return bool, except Unlock, return whether the calling thread
// continues; if not, it now waits: its wait_kind and wait_object are set, and
// the thread that makes it runnable calls `wake`. Methods allocate nothing.
// Calls must not overlap: in a live run, preemption is off.
class SyncObjects {
 public:
  // Functions of the host. `apply` gives the policy new parameters of a thread.
  struct Host {
    std::function<void(Waiter&)> wake;
    std::function<bool(const TaskParams& a, const TaskParams& b)> outranks;
    std::function<void(Waiter&, const TaskParams&)> apply;
  };
  SyncObjects(const Workload& workload, Host host);

  // Changes a thread's own parameters.
  void SetParams(Waiter& task, const TaskParams& params);

  bool Lock(Waiter& task, int mutex);
  // Returns whether `task` held the mutex; if not, does nothing.
  bool Unlock(Waiter& task, int mutex);
  void Wait(Waiter& task, int condition, int mutex);
  void Signal(int condition);
  void Broadcast(int condition);
  void Suspend(Waiter& task, int suspension);
  void Resume(int suspension);
  bool Arrive(Waiter& task, int barrier);
  bool SemWait(Waiter& task, int semaphore);
  void SemPost(int semaphore);

  // Describes what a blocked thread waits for: `mutex "m", held by b-1`.
  std::string DescribeWait(const Waiter& task) const;

 private:
  struct Mutex {
    Waiter* owner = nullptr;
    WaitQueue waiters;
  };
  struct Semaphore {
    int64_t count = 0;
    WaitQueue waiters;
  };
  struct BarrierState {
    int missing = 0;
    WaitQueue waiters;
  };

  void Enqueue(WaitQueue& queue, Waiter& task, WaitKind kind, int object);
  void Release(Mutex& mutex);
  void Wake(Waiter& waiter);
  // Passes the priority of `waiter` to the holder of its mutex, and along the
  // chain of holders.
  void Lend(const Waiter& waiter);
  // Sets a thread's parameters in force: the highest of its own and those of
  // threads that wait for its mutexes.
  void Reckon(Waiter& task);
  // Wakes a thread that waited for a condition, as soon as it has its mutex.
  void Finish(Waiter& waiter);

  const Workload& workload_;
  const Host host_;
  std::vector<Mutex> mutexes_;
  std::vector<WaitQueue> conditions_;
  std::vector<WaitQueue> suspensions_;
  std::vector<BarrierState> barriers_;
  std::vector<Semaphore> semaphores_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_SYNC_H_
