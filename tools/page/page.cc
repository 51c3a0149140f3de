#include "tools/page/page.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/lab/output_file.h"
#include "tools/page/assets.h"
#include "tools/page/run_json.h"

namespace jiffy::page {

absl::StatusOr<std::unique_ptr<Page>> Page::Open(const std::string& path,
                                                 size_t runs) {
  auto file = lab::OutputFile::Open(path);
  if (!file.ok()) return file.status();
  const size_t parts = std::max<size_t>(runs, 1);
  const Limits limits = {.slices = kMaxSlices / parts,
                         .wakeups = kMaxWakeups / parts,
                         .explanations = kMaxExplanations / parts,
                         .text_bytes = kMaxTextBytes / parts,
                         .tasks = kMaxTasks};
  return std::unique_ptr<Page>(new Page(*std::move(file), limits));
}

RunSink& Page::Watch(RunLabel label) {
  runs_.push_back({.label = std::move(label),
                   .sink = std::make_unique<RunSink>(limits_),
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
      if (run.sink != nullptr) {
        json.Add(run.label, run.sink->trace(), run.sink->metrics().result(),
                 &run.sink->metrics());
      } else {
        json.Add(run.label, run.finished->trace, run.finished->figures,
                 nullptr);
      }
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
