#include "tools/lab/run.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "sched/sim/engine.h"
#include "sched/sim/metrics.h"
#include "sched/sim/trace.h"
#include "tools/lab/chrome_trace.h"
#include "tools/lab/csv_trace.h"
#include "tools/lab/explain.h"
#include "tools/lab/figures.h"
#include "tools/lab/ftrace_trace.h"
#include "tools/lab/live/live_run.h"
#include "tools/lab/run_options.h"
#include "tools/lab/timeline.h"
#include "tools/page/page.h"
#include "tools/page/run_sink.h"

namespace jiffy::lab {
namespace {

using sched::sim::TraceSink;

// The files that a run writes, and the sinks that fill them.
class Outputs {
 public:
  // Opens a file for a sink of type Sink; does nothing if it has no name.
  template <typename Sink>
  absl::Status Add(const std::string& path) {
    if (path.empty()) return absl::OkStatus();
    auto file = trace::OutputFile::Open(path);
    if (!file.ok()) return file.status();
    sinks_.push_back(std::make_unique<Sink>(**file));
    files_.push_back(*std::move(file));
    return absl::OkStatus();
  }

  void AppendTo(std::vector<TraceSink*>& sinks) const {
    for (const auto& sink : sinks_) sinks.push_back(sink.get());
  }

  bool empty() const { return files_.empty(); }

  absl::Status Publish() {
    // First everything that can go wrong for lack of room.
    for (const auto& file : files_) {
      if (absl::Status status = file->Flush(); !status.ok()) return status;
    }
    for (const auto& file : files_) {
      if (absl::Status status = file->Publish(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  std::vector<std::unique_ptr<trace::OutputFile>> files_;
  std::vector<std::unique_ptr<TraceSink>> sinks_;
};

}  // namespace

absl::Status RunOnce(const sched::sim::Workload& workload,
                     const std::string& file, const std::string& policy,
                     const Options& options, const Screen& screen,
                     trace::OutputFile& report, page::Page* page,
                     std::vector<std::string>& notes) {
  Outputs outputs;
  absl::Status status = outputs.Add<CsvTrace>(options.csv);
  if (status.ok()) status = outputs.Add<ChromeTrace>(options.chrome);
  if (status.ok()) status = outputs.Add<FtraceTrace>(options.ftrace);
  if (!status.ok()) return status;

  std::vector<TraceSink*> sinks;
  outputs.AppendTo(sinks);
  sched::sim::MetricsSink metrics;
  Timeline timeline(screen.width);
  Explanation explanation(report);
  const bool reports = !options.WritesToStdout();
  if (reports) {
    sinks.push_back(&metrics);
    sinks.push_back(&timeline);
  }
  page::RunSink* const watcher =
      page == nullptr
          ? nullptr
          : &page->Watch(
                {.workload = file, .policy = policy, .live = options.live});
  if (watcher != nullptr) sinks.push_back(watcher);
  if (options.explain) {
    report.Write(absl::StrCat(file, " under ", policy, "\n\n"));
    sinks.push_back(&explanation);
  }

  const sched::sim::SimOptions run_options = RunOptions(policy, options);
  absl::StatusOr<sched::sim::SimResult> result =
      options.live ? RunLive(workload, run_options, sinks)
                   : Simulate(workload, run_options, sinks);
  if (!result.ok()) return result.status();
  notes.insert(notes.end(), result->notes.begin(), result->notes.end());
  if (watcher != nullptr) watcher->AddNotes(result->notes);
  if (!outputs.empty() && page != nullptr) {
    // This is the only run. If its page cannot be written, nothing is.
    if (status = page->Flush(); !status.ok()) return status;
  }
  if (status = outputs.Publish(); !status.ok()) return status;
  if (!reports) return absl::OkStatus();

  const sched::sim::RunInfo& run = metrics.result().run;
  if (options.explain) report.Write("\n");
  report.Write(absl::StrFormat(
      "%s under %s%s: %.3f s on %d CPU%s, tick %s\n\n", file, policy,
      options.live ? ", live" : "", static_cast<double>(result->end_us) / 1e6,
      run.cpus, run.cpus == 1 ? "" : "s",
      absl::FormatDuration(absl::Microseconds(run.tick_us))));
  report.Write(timeline.Draw(screen.colors));
  report.Write("\n");
  report.Write(FiguresTable(metrics.result(), options.tasks));
  report.Write("\n");
  return absl::OkStatus();
}

}  // namespace jiffy::lab
