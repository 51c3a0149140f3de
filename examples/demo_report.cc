#include "examples/demo_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "examples/demo_flags.h"
#include "examples/demo_run.h"
#include "examples/fib.h"
#include "examples/screen.h"
#include "examples/timeline.h"
#include "examples/trace_view.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"

namespace jiffy::examples {
namespace {

std::string Title(const Screen& screen, absl::string_view title) {
  return absl::StrCat("\n", Styled(screen, Style::kBold, title), "\n");
}

std::vector<std::string> NamesOf(const DemoResult& result) {
  std::vector<std::string> names;
  for (const TaskResult& task : result.tasks) names.push_back(task.name);
  return names;
}

std::vector<uint64_t> IdsOf(const DemoResult& result) {
  std::vector<uint64_t> ids;
  for (const TaskResult& task : result.tasks) ids.push_back(task.stats.id);
  return ids;
}

// Returns the time from the first start to the last end.
Window WholeRun(const DemoResult& result, Window covered) {
  Window window = {absl::InfiniteDuration(), absl::ZeroDuration()};
  for (const TaskResult& task : result.tasks) {
    window.begin = std::min(window.begin, task.stats.spawned);
    window.end = std::max(window.end, task.stats.ended);
  }
  return {std::max(window.begin, covered.begin), window.end};
}

// The time in which all tasks existed: only then do their shares show the
// policy.
Window AllTogether(const DemoResult& result, Window covered) {
  Window window = covered;
  for (const TaskResult& task : result.tasks) {
    window.begin = std::max(window.begin, task.stats.spawned);
    window.end = std::min(window.end, task.stats.ended);
  }
  return window;
}

// Whether --slice matters. A policy with a tick of its own counts in its ticks;
// fifo and edf let a task run until it blocks.
bool HasSlices(const std::string& scheduler) {
  const auto policy = sched::MakePolicy(scheduler, {});
  return policy.ok() && (*policy)->PreferredTickNs() == 0 &&
         scheduler != "fifo" && scheduler != "edf";
}

std::string DescribeTimeline(const Screen& screen, const DemoResult& result,
                             const TraceView& trace) {
  const std::vector<std::string> names = NamesOf(result);
  const Window whole = WholeRun(result, trace.covered());
  std::string text =
      Title(screen, "Who ran when (the higher, the more of the CPU)");
  absl::StrAppend(&text,
                  DrawTimeline(screen, trace, names, whole, whole.begin));
  if (result.trace.dropped > 0) {
    absl::StrAppend(&text, "  (the first ", result.trace.dropped,
                    " switches are not shown: there was no room for them)\n");
  }
  const std::optional<Window> closer =
      CloserLook(screen, trace, AllTogether(result, trace.covered()));
  if (closer.has_value()) {
    absl::StrAppend(&text, Title(screen, "A closer look"),
                    DrawTimeline(screen, trace, names, *closer, whole.begin));
  }
  return text;
}

enum Column {
  kCpuTime,
  kShare,
  kTogether,
  kSwitches,
  kPreempted,
  kLongestWait,
  kTurnaround,
  kColumnCount
};

// The table: a name and metrics in each line.
class Table {
 public:
  using Cells = std::array<std::string, kColumnCount>;

  explicit Table(const Screen& screen) {
    // These columns are dropped first if not all fit.
    for (const Column column :
         {kTurnaround, kTogether, kSwitches, kPreempted}) {
      if (Width() <= screen.columns) break;
      shown_[column] = false;
    }
    // All columns together take 80; more width looks better.
    gap_ = screen.columns >= 90 ? 1 : 0;
  }

  bool Shows(Column column) const { return shown_[column]; }

  std::string Line(const std::string& name, const Cells& cells) const {
    std::string text = absl::StrFormat("%-*s", kNameWidth, name);
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!shown_[i]) continue;
      absl::StrAppendFormat(&text, "%*s", kWidths[i] + gap_, cells[i]);
    }
    return text;
  }

 private:
  static constexpr int kNameWidth = 12;
  static constexpr std::array<int, kColumnCount> kWidths = {8,  8,  9, 9,
                                                            10, 13, 11};

  int Width() const {
    int width = kNameWidth;
    for (size_t i = 0; i < kWidths.size(); ++i) {
      if (shown_[i]) width += kWidths[i];
    }
    return width;
  }

  std::array<bool, kColumnCount> shown_ = {true, true, true, true,
                                           true, true, true};
  int gap_ = 0;
};

std::string DescribeTable(const Screen& screen, const DemoResult& result,
                          const TraceView& trace) {
  const Window together = AllTogether(result, trace.covered());
  const bool were_together = together.length() > absl::ZeroDuration();
  const Table table(screen);
  std::string text = Title(
      screen, table.Line("Task", {"CPU time", "share", "together", "switches",
                                  "preempted", "longest wait", "turnaround"}));
  bool preempted = false;
  bool waiting = false;
  for (size_t row = 0; row < result.tasks.size(); ++row) {
    const ThreadStats& stats = result.tasks[row].stats;
    const absl::Duration cpu_together = trace.CpuTime(row, together);
    preempted = preempted || stats.preemptions > 0;
    waiting = waiting || cpu_together == absl::ZeroDuration();
    const std::string line = table.Line(
        result.tasks[row].name,
        {FormatTime(stats.cpu_time),
         FormatShare(absl::FDivDuration(stats.cpu_time, result.wall_time())),
         were_together
             ? FormatShare(absl::FDivDuration(cpu_together, together.length()))
             : "-",
         absl::StrCat(stats.voluntary_switches + stats.preemptions),
         absl::StrCat(stats.preemptions), FormatTime(stats.longest_wait),
         FormatTime(stats.ended - stats.spawned)});
    absl::StrAppend(&text, Colored(screen, row, line), "\n");
  }
  std::string note;
  if (were_together && table.Shows(kTogether)) {
    absl::StrAppend(&note, "share: of the whole run; together: of the ",
                    FormatTime(together.length()),
                    " in which all tasks were running\n");
  }
  if (preempted && waiting) {
    absl::StrAppend(&note,
                    "Some tasks were over before others came to the CPU: try "
                    "--duration=5s\n");
  }
  return absl::StrCat(text, Styled(screen, Style::kDim, Wrapped(screen, note)));
}

std::string DescribeVerdicts(const Screen& screen, const DemoResult& result) {
  std::string text = Title(screen, "Results");
  size_t wrong = 0;
  for (const TaskResult& task : result.tasks) {
    const Verdict& verdict = task.verdict;
    if (!verdict.correct) wrong++;
    absl::StrAppendFormat(
        &text, "  %-12s %s %s", task.name, verdict.text,
        Styled(screen, verdict.correct ? Style::kGood : Style::kBad,
               CheckMark(screen, verdict.correct)));
    if (task.rounds > 1) {
      absl::StrAppendFormat(&text, " (%d times)", task.rounds);
    }
    absl::StrAppend(&text, "\n");
  }
  if (wrong > 0) {
    absl::StrAppend(&text, "\n",
                    Styled(screen, Style::kBad,
                           absl::StrFormat("%d of %d results are WRONG", wrong,
                                           result.tasks.size())),
                    "\n");
  } else {
    const size_t tasks = result.tasks.size();
    absl::StrAppend(&text, "\n",
                    tasks == 1
                        ? "The result is right"
                        : absl::StrCat("All ", tasks, " results are right"),
                    ", after ", FormatTime(result.wall_time()), ".\n");
  }
  return Wrapped(screen, text);
}

}  // namespace

std::string DescribeDemo(const Screen& screen, const DemoOptions& options) {
  int tasks = 0;
  for (const TaskSpec& spec : options.tasks) tasks += spec.count;
  std::string text = Styled(
      screen, Style::kBold,
      tasks == 1
          ? std::string("1 task that never yields has one CPU to itself")
          : absl::StrCat(tasks, " tasks that never yield share one CPU"));
  absl::StrAppend(&text, "\n");
  for (const sched::PolicyInfo& policy : sched::AllPolicies()) {
    if (policy.name != options.scheduler) continue;
    absl::StrAppend(&text, policy.name, ": ", policy.description);
  }
  if (HasSlices(options.scheduler)) {
    absl::StrAppend(&text, " (slice ", absl::FormatDuration(options.slice),
                    ")");
  }
  absl::StrAppend(&text, "\nsort: ",
                  options.file.empty()
                      ? absl::StrCat(options.size, " random numbers each")
                      : absl::StrCat("the lines of ", options.file),
                  "\nfib: each term up to fib(", kLastFib,
                  ") from earlier ones; those up to fib(",
                  options.last_naive_fib, ") again, by naive recursion\n");
  return Wrapped(screen, text);
}

std::string DescribeResult(const Screen& screen, const DemoResult& result,
                           absl::Duration longest_gap) {
  const TraceView trace(result.trace, IdsOf(result));
  std::string text;
  // The display is a thread, like the tasks.
  if (longest_gap > absl::Milliseconds(500)) {
    absl::StrAppend(
        &text,
        Wrapped(screen,
                absl::StrCat("  The progress display is a green thread too: it "
                             "asked for the CPU every 0.1 s, and\n  once had "
                             "to wait ",
                             FormatTime(longest_gap), " for it.\n")));
  }
  absl::StrAppend(&text, DescribeTimeline(screen, result, trace),
                  DescribeTable(screen, result, trace),
                  DescribeVerdicts(screen, result));
  return text;
}

int ExitStatus(const DemoResult& result) {
  return result.all_correct() ? 0 : 1;
}

}  // namespace jiffy::examples
