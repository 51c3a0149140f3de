// A web page that shows runs: one file that needs nothing else, for any browser
// and without a network.
#ifndef JIFFY_TOOLS_PAGE_PAGE_H_
#define JIFFY_TOOLS_PAGE_PAGE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sched/sim/metrics.h"
#include "tools/page/run_sink.h"
#include "tools/page/run_trace.h"
#include "trace/output_file.h"

namespace jiffy::page {

// The name of a run. Runs of one workload share a time axis.
struct RunLabel {
  std::string workload;
  std::string policy;
  // Ran on green threads, in real time; else it was simulated.
  bool live = false;
};

// A run whose events were not watched, but kept by somebody else. In the
// figures, a waiting_us of -1 says that it is not known.
struct FinishedRun {
  RunTrace trace;
  sched::sim::RunMetrics figures;
};

// Gathers runs and writes them. Nothing is left if it is not published.
class Page {
 public:
  // `runs` is how many will be added, one after the other: they share what a
  // page holds.
  // Errors: as OutputFile::Open.
  static absl::StatusOr<std::unique_ptr<Page>> Open(const std::string& path,
                                                    size_t runs);

  // Returns the sink that is to watch the run. It lives as long as the page.
  RunSink& Watch(RunLabel label);
  // Returns what the next run may keep.
  Limits NextLimits() const;
  void Add(RunLabel label, FinishedRun run);

  // Writes the page, once all runs are over, but does not yet put it in its
  // place. Errors: as OutputFile::Flush.
  absl::Status Flush();
  // Puts it there, written before or not. Errors: as OutputFile::Publish.
  absl::Status Publish();

 private:
  struct Run {
    const RunTrace& trace() const {
      return sink != nullptr ? sink->trace() : finished->trace;
    }

    RunLabel label;
    // One of the two.
    std::unique_ptr<RunSink> sink;
    std::unique_ptr<FinishedRun> finished;
  };

  Page(std::unique_ptr<trace::OutputFile> file, size_t expected_runs)
      : file_(std::move(file)), expected_runs_(expected_runs) {}

  const std::unique_ptr<trace::OutputFile> file_;
  const size_t expected_runs_;
  std::vector<Run> runs_;
  bool written_ = false;
};

}  // namespace jiffy::page

#endif  // JIFFY_TOOLS_PAGE_PAGE_H_
