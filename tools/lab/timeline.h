// A picture of a run for the terminal: a line a task, a column a stretch of
// time.
#ifndef JIFFY_TOOLS_LAB_TIMELINE_H_
#define JIFFY_TOOLS_LAB_TIMELINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sched/sim/trace.h"

namespace jiffy::lab {

// The height of a block is the part of its time in which the task ran; a dot
// says that it did not run, but was runnable. Memory does not grow with the
// run: when it gets too long for the columns, each two become one.
class Timeline final : public sched::sim::TraceSink {
 public:
  // More tasks than these are counted, not shown.
  static constexpr size_t kMaxTasks = 40;

  // `width` columns in all, those for names included.
  explicit Timeline(int width);

  void OnCreate(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                const sched::sim::TraceTask* waker) override;
  void OnSwitch(const sched::sim::SwitchEvent& event) override;
  void OnEnd(int64_t time_us) override;

  // Returns the picture, once the run is over; with ANSI colours if wanted.
  std::string Draw(bool colors) const;

 private:
  enum class State { kBlocked, kWaiting, kRunning };
  struct Cell {
    int64_t running_us = 0;
    int64_t waiting_us = 0;
  };
  struct Line {
    std::string name;
    State state = State::kBlocked;
    int64_t since_us = 0;
    std::vector<Cell> cells;
  };

  Line* Of(const sched::sim::TraceTask& task);
  // Books the time since the last change, and changes.
  void Change(Line& line, int64_t time_us, State state);
  // Joins columns until they reach to `time_us`.
  void MakeRoom(int64_t time_us);
  void AppendCell(const Cell& cell, int64_t length_us, size_t line, bool colors,
                  std::string& out) const;

  const size_t width_;
  // Columns in which time is gathered; some twice as many as are drawn.
  const size_t columns_;
  int64_t column_us_ = 1;
  int64_t end_us_ = 0;
  size_t tasks_ = 0;
  std::vector<Line> lines_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_TIMELINE_H_
