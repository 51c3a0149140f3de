#include "tools/lab/timeline.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/lab/text_table.h"

namespace jiffy::lab {

using sched::sim::TraceTask;

namespace {

constexpr const char* kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
// Bright colours that are readable on black and on white.
constexpr int kColors[] = {34, 32, 35, 33, 36, 31};
constexpr size_t kMaxName = 24;
constexpr size_t kMinColumns = 20;

}  // namespace

Timeline::Timeline(int width)
    : width_(static_cast<size_t>(std::clamp(width, 40, 400))),
      columns_(4 * width_) {}

void Timeline::OnCreate(int64_t time_us, int /*cpu*/, const TraceTask& task,
                        bool runnable) {
  ++tasks_;
  if (lines_.size() == kMaxTasks) return;
  lines_.push_back({.name = task.name,
                    .state = runnable ? State::kWaiting : State::kBlocked,
                    .since_us = time_us,
                    .cells = std::vector<Cell>(columns_)});
}

void Timeline::OnWakeup(int64_t time_us, int /*cpu*/, const TraceTask& task,
                        const TraceTask* /*waker*/) {
  Line* const line = Of(task);
  // One that blocked at this very instant still has the CPU.
  if (line == nullptr || line->state == State::kRunning) return;
  Change(*line, time_us, State::kWaiting);
}

void Timeline::OnSwitch(const sched::sim::SwitchEvent& event) {
  if (event.prev != nullptr) {
    if (Line* const line = Of(*event.prev)) {
      Change(*line, event.time_us,
             event.prev_state == 'R' ? State::kWaiting : State::kBlocked);
    }
  }
  if (event.next != nullptr) {
    if (Line* const line = Of(*event.next)) {
      Change(*line, event.time_us, State::kRunning);
    }
  }
}

void Timeline::OnEnd(int64_t time_us) {
  end_us_ = time_us;
  // Nobody may have run for long.
  MakeRoom(time_us);
  for (Line& line : lines_) Change(line, time_us, State::kBlocked);
}

Timeline::Line* Timeline::Of(const TraceTask& task) {
  const auto index = static_cast<size_t>(task.index);
  return index < lines_.size() ? &lines_[index] : nullptr;
}

void Timeline::Change(Line& line, int64_t time_us, State state) {
  int64_t from_us = line.since_us;
  const State before = line.state;
  line.since_us = time_us;
  line.state = state;
  if (before == State::kBlocked) return;
  MakeRoom(time_us);
  while (from_us < time_us) {
    const int64_t column = from_us / column_us_;
    const int64_t until_us = std::min(time_us, (column + 1) * column_us_);
    Cell& cell = line.cells[static_cast<size_t>(column)];
    (before == State::kRunning ? cell.running_us : cell.waiting_us) +=
        until_us - from_us;
    from_us = until_us;
  }
}

void Timeline::MakeRoom(int64_t time_us) {
  while (time_us > column_us_ * static_cast<int64_t>(columns_)) {
    column_us_ *= 2;
    for (Line& line : lines_) {
      for (size_t i = 0; i < columns_; ++i) {
        Cell sum;
        for (size_t half = 2 * i; half < 2 * i + 2 && half < columns_; ++half) {
          sum.running_us += line.cells[half].running_us;
          sum.waiting_us += line.cells[half].waiting_us;
        }
        line.cells[i] = sum;
      }
    }
  }
}

std::string Timeline::Draw(bool colors) const {
  if (lines_.empty() || end_us_ == 0) return "";
  size_t name_width = 0;
  for (const Line& line : lines_) {
    name_width = std::max(name_width, DisplayWidth(line.name));
  }
  name_width = std::min(name_width, kMaxName);
  const size_t room =
      std::max(kMinColumns, width_ - std::min(width_, name_width + 2));
  // How many gathered columns make one that is drawn.
  const auto used =
      static_cast<size_t>((end_us_ + column_us_ - 1) / column_us_);
  const size_t each = (used + room - 1) / room;
  const int64_t length_us = column_us_ * static_cast<int64_t>(each);

  std::string out;
  for (size_t i = 0; i < lines_.size(); ++i) {
    absl::StrAppend(&out, Padded(lines_[i].name, name_width), "  ");
    for (size_t from = 0; from < used; from += each) {
      Cell cell;
      for (size_t c = from; c < std::min(from + each, used); ++c) {
        cell.running_us += lines_[i].cells[c].running_us;
        cell.waiting_us += lines_[i].cells[c].waiting_us;
      }
      // The last column may end after the run.
      const int64_t from_us = column_us_ * static_cast<int64_t>(from);
      AppendCell(cell, std::min(length_us, end_us_ - from_us), i, colors, out);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  if (tasks_ > lines_.size()) {
    absl::StrAppend(&out, "and ", tasks_ - lines_.size(), " more tasks\n");
  }
  absl::StrAppendFormat(&out, "%*s  0 to %.3f ms, %.3f ms a column\n",
                        static_cast<int>(name_width), "",
                        static_cast<double>(end_us_) / 1000,
                        static_cast<double>(length_us) / 1000);
  return out;
}

void Timeline::AppendCell(const Cell& cell, int64_t length_us, size_t line,
                          bool colors, std::string& out) const {
  if (cell.running_us > 0) {
    // Rounded up: who ran at all is to be seen.
    const int64_t height =
        std::min<int64_t>(8, (8 * cell.running_us + length_us - 1) / length_us);
    const char* const block = kBlocks[height];
    if (colors) {
      absl::StrAppend(&out, "\033[", kColors[line % std::size(kColors)], "m",
                      block, "\033[0m");
    } else {
      out += block;
    }
  } else if (cell.waiting_us > 0) {
    absl::StrAppend(&out, colors ? "\033[2m·\033[0m" : "·");
  } else {
    out += ' ';
  }
}

}  // namespace jiffy::lab
