#include "tests/lab/trace_checker.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace jiffy::lab {

using sched::sim::RunInfo;
using sched::sim::SwitchEvent;
using sched::sim::TraceTask;

void TraceChecker::OnStart(const RunInfo& run) {
  EXPECT_FALSE(started_);
  EXPECT_EQ(run.cpus, 1);
  started_ = true;
}

void TraceChecker::OnCreate(int64_t time_us, int /*cpu*/, const TraceTask& task,
                            bool runnable) {
  At(time_us);
  EXPECT_EQ(static_cast<size_t>(task.index), tasks_.size());
  tasks_.push_back({.name = task.name,
                    .state = runnable ? State::kRunnable : State::kBlocked});
}

void TraceChecker::OnWakeup(int64_t time_us, int /*cpu*/, const TraceTask& task,
                            const TraceTask* waker) {
  At(time_us);
  Task& woken = Of(task);
  EXPECT_EQ(woken.state, State::kBlocked) << task.name << " is woken twice";
  woken.state = State::kRunnable;
  if (waker != nullptr) {
    EXPECT_EQ(waker, current_) << waker->name << " wakes, and does not run";
  }
  absl::StrAppend(&order_, woken.name, " is woken by ",
                  waker == nullptr ? "a timer" : waker->name, "\n");
}

void TraceChecker::OnBurstEnd(int64_t time_us, const TraceTask& task) {
  At(time_us);
  EXPECT_EQ(Of(task).state, State::kRunning) << task.name;
}

void TraceChecker::OnSwitch(const SwitchEvent& event) {
  At(event.time_us);
  EXPECT_EQ(event.prev, current_);
  EXPECT_NE(event.prev, event.next);
  if (event.prev != nullptr) {
    Task& prev = Of(*event.prev);
    EXPECT_EQ(prev.state == State::kExited, false) << prev.name;
    switch (event.prev_state) {
      case 'R':
        prev.state = State::kRunnable;
        break;
      case 'S':
        // Except if it was woken while it left the CPU.
        if (prev.state == State::kRunning) prev.state = State::kBlocked;
        break;
      case 'X':
        prev.state = State::kExited;
        ++exited_;
        break;
      default:
        ADD_FAILURE() << "state " << event.prev_state;
    }
  }
  if (event.next == nullptr) {
    for (const Task& task : tasks_) {
      EXPECT_NE(task.state, State::kRunnable)
          << task.name << " is runnable while the CPU idles, at "
          << event.time_us << " us";
    }
  } else {
    Task& next = Of(*event.next);
    EXPECT_EQ(next.state, State::kRunnable) << next.name;
    next.state = State::kRunning;
    next.ran = true;
  }
  current_ = event.next;
  absl::StrAppend(&order_, event.prev == nullptr ? "idle" : event.prev->name,
                  ",", std::string(1, event.prev_state), ",",
                  event.next == nullptr ? "idle" : event.next->name, "\n");
}

void TraceChecker::OnEnd(int64_t time_us) {
  At(time_us);
  EXPECT_FALSE(ended_);
  ended_ = true;
}

size_t TraceChecker::never_ran() const {
  return static_cast<size_t>(
      std::count_if(tasks_.begin(), tasks_.end(),
                    [](const Task& task) { return !task.ran; }));
}

TraceChecker::Task& TraceChecker::Of(const TraceTask& task) {
  EXPECT_LT(static_cast<size_t>(task.index), tasks_.size());
  return tasks_.at(static_cast<size_t>(task.index));
}

void TraceChecker::At(int64_t time_us) {
  EXPECT_TRUE(started_);
  EXPECT_FALSE(ended_);
  EXPECT_GE(time_us, last_us_) << "time goes back";
  last_us_ = time_us;
}

}  // namespace jiffy::lab
