// A run: the state that all its workers share. For now a run has one worker.
#ifndef JIFFY_RUNTIME_CORE_MACHINE_H_
#define JIFFY_RUNTIME_CORE_MACHINE_H_

#include <atomic>
#include <cstdint>

#include "runtime/core/fork.h"
#include "runtime/core/stack_use.h"
#include "runtime/core/task.h"
#include "runtime/options.h"
#include "runtime/stats.h"
#include "signals/preempt.h"
#include "signals/single_writer.h"

namespace jiffy::internal {

class Worker;
struct Completion;

class Machine {
 public:
  // `options` must outlive the machine.
  explicit Machine(const RuntimeOptions& options) : options(options) {}
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Returns the run's statistics. Context: any thread, once the worker's Run
  // has called spawn_first.
  RuntimeStats Stats() const;

  // Records the stack use of an ending thread if its stack is the fullest so
  // far. Context: green thread, preemption on.
  void NoteFullestStack(const Completion& completion);
  // Prints the fullest stack if it was nearly full. Context: the run is over.
  void ReportFullestStack() const;

  // Counts a new thread and returns its id. Context of this and of those below:
  // a worker, preemption off.
  uint64_t CountNew() {
    const uint64_t id = next_id;
    next_id = id + 1;
    const uint64_t living = live + 1;
    live = living;
    if (living > most_live) most_live = living;
    return id;
  }
  // Adds a task to the list of all, removes one from it.
  void Add(Task* task) {
    task->all_prev = nullptr;
    Task* first = all_tasks;
    task->all_next = first;
    if (first != nullptr) first->all_prev = task;
    all_tasks = task;
  }
  void Remove(Task* task) {
    Task* next = task->all_next;
    (task->all_prev != nullptr ? task->all_prev->all_next : all_tasks) = next;
    if (next != nullptr) next->all_prev = task->all_prev;
  }

  // Fixed once the run has begun.
  const RuntimeOptions& options;
  Worker* worker = nullptr;
  // CLOCK_MONOTONIC at the start of the run.
  int64_t start_ns = 0;

  // Threads. Written by a worker with preemption off; any thread may read the
  // counters.
  signals::Counter next_id = 1;
  signals::Counter live;
  signals::Counter most_live;
  // All threads that have a control block, linked by Task::all_next.
  Task* all_tasks = nullptr;

  // The fork that made this process.
  ForkOrigin fork;

  // How long the run took; 0 until it is over. Any thread may read it.
  signals::SingleWriter<int64_t> wall_ns;

 private:
  // nullptr if no stack was measured.
  std::atomic<FullestStack*> fullest_stack_{nullptr};
};

// "Nobody else touches this": while it is in scope, no other thread of the run
// changes what threads share: the machine, the records of threads, the template
// of TLS. A signals::PreemptGuard says less: "I stay on this CPU". With one
// worker the two are the same, and this costs no more.
class MachineGuard {
 public:
  MachineGuard() = default;
  MachineGuard(const MachineGuard&) = delete;
  MachineGuard& operator=(const MachineGuard&) = delete;

 private:
  signals::PreemptGuard stay_;
};

// The run under way, or nullptr. For debuggers and dumps.
extern constinit Machine* volatile live_machine;

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_MACHINE_H_
