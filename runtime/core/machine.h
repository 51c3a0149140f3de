// A run: the state that all its workers share. For now a run has one worker.
#ifndef JIFFY_RUNTIME_CORE_MACHINE_H_
#define JIFFY_RUNTIME_CORE_MACHINE_H_

#include <atomic>
#include <cstdint>

#include "runtime/core/fork.h"
#include "runtime/core/stack_use.h"
#include "runtime/options.h"
#include "runtime/stats.h"
#include "signals/single_writer.h"

namespace jiffy::internal {

class Worker;
struct Completion;
struct Task;

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

// The run under way, or nullptr. For debuggers and dumps.
extern constinit Machine* volatile live_machine;

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_MACHINE_H_
