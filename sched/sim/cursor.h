// A thread's position in its task's events.
#ifndef JIFFY_SCHED_SIM_CURSOR_H_
#define JIFFY_SCHED_SIM_CURSOR_H_

#include <cstddef>
#include <cstdint>

#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Walks through the events of a task as often as its loops require. Allocates
// nothing; works in simulated and live threads.
class Cursor {
 public:
  // `task` must outlive the cursor.
  explicit Cursor(const TaskSpec& task) : task_(&task) {}

  // Returns the next event, or nullptr at the end of the task; do not call it
  // again after nullptr.
  const Event* Next() {
    entered_ = nullptr;
    if (phase_ == nullptr) {
      if (task_->phases.empty() || task_->loop == 0) return nullptr;
      Enter(&task_->phases.front());
    } else if (++event_ == phase_->events.size()) {
      if (!NextLoop()) return nullptr;
    }
    return &phase_->events[event_];
  }

  // Returns the phase that the last Next() began, nullptr if it began none. A
  // phase that loops begins once.
  const Phase* entered() const { return entered_; }

 private:
  void Enter(const Phase* phase) {
    phase_ = phase;
    entered_ = phase;
    event_ = 0;
    phase_loops_ = 0;
  }

  bool NextLoop() {
    event_ = 0;
    if (phase_->loop == kForever || ++phase_loops_ < phase_->loop) return true;
    if (phase_ != &task_->phases.back()) {
      Enter(phase_ + 1);
      return true;
    }
    if (task_->loop != kForever && ++task_loops_ == task_->loop) return false;
    Enter(&task_->phases.front());
    return true;
  }

  const TaskSpec* task_;
  const Phase* phase_ = nullptr;
  const Phase* entered_ = nullptr;
  size_t event_ = 0;
  int64_t phase_loops_ = 0;
  int64_t task_loops_ = 0;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_CURSOR_H_
