#include "tools/page/page.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/page/assets.h"
#include "tools/page/run_json.h"
#include "trace/output_file.h"

namespace jiffy::page {

absl::StatusOr<std::unique_ptr<Page>> Page::Open(const std::string& path,
                                                 size_t runs) {
  auto file = trace::OutputFile::Open(path);
  if (!file.ok()) return file.status();
  return std::unique_ptr<Page>(new Page(*std::move(file), runs));
}

Limits Page::NextLimits() const {
  Limits rest;
  const auto take = [](size_t& room, size_t used) {
    room -= std::min(room, used);
  };
  for (const Run& run : runs_) {
    const RunTrace& trace = run.trace();
    take(rest.slices, trace.slices.size());
    take(rest.wakeups, trace.wakeups.size());
    take(rest.explanations, trace.explained.size() + trace.candidates.size());
    take(rest.text_bytes, trace.text_bytes());
  }
  const size_t runs =
      expected_runs_ > runs_.size() ? expected_runs_ - runs_.size() : 1;
  return {.slices = rest.slices / runs,
          .wakeups = rest.wakeups / runs,
          .explanations = rest.explanations / runs,
          .text_bytes = rest.text_bytes / runs,
          .tasks = kMaxTasks};
}

RunSink& Page::Watch(RunLabel label) {
  runs_.push_back({.label = std::move(label),
                   .sink = std::make_unique<RunSink>(NextLimits()),
                   .finished = nullptr});
  return *runs_.back().sink;
}

void Page::Add(RunLabel label, FinishedRun run) {
  runs_.push_back({.label = std::move(label),
                   .sink = nullptr,
                   .finished = std::make_unique<FinishedRun>(std::move(run))});
}

absl::Status Page::Flush() {
  if (!written_) {
    written_ = true;
    file_->Write(kPageBeforeData);
    RunJson json(*file_);
    for (const Run& run : runs_) {
      const sched::sim::MetricsSink* const metrics =
          run.sink != nullptr ? &run.sink->metrics() : nullptr;
      json.Add(run.label, run.trace(),
               metrics != nullptr ? metrics->result() : run.finished->figures,
               metrics);
    }
    json.Finish();
    file_->Write(kPageAfterData);
  }
  return file_->Flush();
}

absl::Status Page::Publish() {
  if (absl::Status status = Flush(); !status.ok()) return status;
  return file_->Publish();
}

}  // namespace jiffy::page
