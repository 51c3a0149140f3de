// The threads of a live run: what each does, event by event.
#ifndef JIFFY_TOOLS_LAB_LIVE_LIVE_THREADS_H_
#define JIFFY_TOOLS_LAB_LIVE_LIVE_THREADS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/park.h"
#include "sched/sim/cursor.h"
#include "sched/sim/rules.h"
#include "sched/sim/sync.h"
#include "sched/sim/waiter.h"
#include "sched/sim/workload.h"
#include "tools/lab/live/spinner.h"
#include "tools/lab/live/watched_policy.h"

namespace jiffy::lab {

// A thread of a live run.
struct LiveThread : sched::sim::Waiter {
  LiveThread(const sched::sim::TaskSpec& task_spec, int number)
      : spec(&task_spec), spec_number(number), cursor(task_spec) {
    own_timers_ns.assign(spec->own_timers.size(), -1);
    own_params = sched::sim::ToTaskParams(spec->sched);
    params_in_force = own_params;
  }

  const sched::sim::TaskSpec* const spec;
  const int spec_number;
  // Which fork of its task it is, -1: none.
  int fork_number = -1;
  // When it was created, since the start of the run: its delay counts from
  // then.
  int64_t created_ns = 0;

  sched::sim::Cursor cursor;
  int64_t first_run_ns = -1;
  std::vector<int64_t> own_timers_ns;
  // By how much its last burst was too long: the next is so much shorter.
  int64_t overrun_ns = 0;

  // Set once it waits at its start.
  bool at_gate = false;
  // Whether somebody has ended its wait.
  bool woken = false;
  ThreadRef ref;
  sched::Entity* entity = nullptr;
  // Next of all threads there were.
  std::unique_ptr<LiveThread> next;
};

// Makes them, lets them run and ends them. One object a run.
//
// Public methods are called by the run's main thread, the controller.
class LiveThreads {
 public:
  LiveThreads(const sched::sim::Workload& workload, WatchedPolicy& watch);
  ~LiveThreads();

  // Makes all threads that there are from the start. They wait at a gate.
  absl::Status CreateAll();
  // Starts the clock and opens the gate. `policy` is its name.
  absl::Status Release(const std::string& policy);
  // Waits until all threads have ended, or block each other, or one failed, or
  // until `end_us`.
  void Wait(int64_t end_us);
  // Says who waits for what, at a deadlock.
  void AppendDeadlock(std::vector<std::string>& notes) const;
  // Ends all threads, wherever they are. They do so once the caller returns.
  void Stop();

  // The error of a thread, if any.
  const absl::Status& failure() const { return failure_; }

 private:
  absl::Status Spawn(std::unique_ptr<LiveThread> thread);

  // In a thread of the workload.
  void Main(LiveThread& self);
  bool Begin(LiveThread& self);
  void Do(LiveThread& self, const sched::sim::Event& event);
  void EnterPhase(LiveThread& self, const sched::sim::Phase& phase);
  void Burn(LiveThread& self, int64_t us);
  // Blocks until then, on the run's clock.
  void SleepUntil(int64_t ns);
  int64_t SetTimer(LiveThread& self, const sched::sim::Event& event);
  // Calls `change`, with preemption off, and names the caller as the waker of
  // whom it wakes; then, if it says so by returning false, blocks.
  template <typename F>
  void Sync(LiveThread& self, F change);
  static void Wake(LiveThread& thread);
  // Blocks until Wake or the end of the run. Context: under one guard.
  void WaitForWake(LiveThread& self) const;
  void Fork(const sched::sim::Event& event);
  void Fail(const sched::sim::Event& event, const std::string& what);
  int64_t NowNs() const;

  const sched::sim::Workload& workload_;
  WatchedPolicy& watch_;
  sched::sim::SyncObjects sync_;
  Spinner spinner_;
  std::vector<int64_t> timers_ns_;
  std::vector<int> forks_;

  // All threads there were, in the order of their making.
  std::unique_ptr<LiveThread> first_;
  std::unique_ptr<LiveThread>* last_ = &first_;

  ThreadRef controller_;
  volatile bool stopping_ = false;
  bool failed_ = false;
  bool failure_known_ = false;
  absl::Status failure_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_LIVE_LIVE_THREADS_H_
