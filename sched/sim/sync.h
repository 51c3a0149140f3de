// What threads wait for, simulated and live ones: mutexes, condition variables,
// suspension points, barriers, semaphores.
#ifndef JIFFY_SCHED_SIM_SYNC_H_
#define JIFFY_SCHED_SIM_SYNC_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sched/sim/waiter.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Threads in the order in which they came.
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

// All of a workload's objects. POSIX leaves open who of several waiters is
// woken and gets a mutex; here it is always the one who came first:
//
// - A mutex that is given back passes to its first waiter at once.
// - Who waits for a condition is woken when signalled *and* the mutex is his:
//   if somebody has it, he moves from the condition's queue to the mutex's.
//   So nobody is woken only to block again.
// - A wait by a thread that does not hold the mutex leaves the mutex alone.
// - A signal or resume for which nobody waits is lost; a post is not.
// - If the workload says so, who holds mutexes has the highest priority of
// those
//   who wait for them, directly or through others, until it gives them back.
//   (Source: L. Sha, R. Rajkumar, J. Lehoczky, "Priority Inheritance
//   Protocols", IEEE Transactions on Computers 39(9), 1990: the basic
//   protocol.)
//
// Methods that return bool say whether the calling thread goes on; if not, it
// now waits: its wait_kind and wait_object are set, and whoever makes it
// runnable calls `wake`. They allocate nothing. Calls must not overlap: in a
// live run, preemption is off.
class SyncObjects {
 public:
  // `outranks` and `apply`, which makes the policy go by new parameters of a
  // thread, are the host's.
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

  // Says what a blocked thread waits for: `mutex "m", held by b-1`.
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
  // Passes priority on to who holds what `waiter` waits for, and so on.
  void Lend(const Waiter& waiter);
  // Gives a thread what it has by itself and by those who wait for it.
  void Reckon(Waiter& task);
  // Lets go on who waited for a condition, once he has his mutex.
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
