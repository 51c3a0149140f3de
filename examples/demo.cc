#include "examples/demo.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/demo_flags.h"
#include "examples/demo_json.h"
#include "examples/demo_page.h"
#include "examples/demo_report.h"
#include "examples/demo_run.h"
#include "examples/progress.h"
#include "examples/screen.h"
#include "examples/sort_workload.h"
#include "examples/task_spec.h"
#include "examples/workload.h"
#include "runtime/jiffy.h"
#include "tools/page/page.h"
#include "trace/output_file.h"

namespace jiffy::examples {
namespace {

constexpr int kFailed = 1;
constexpr int kBadOption = 2;

int Fail(int exit_status, const char* what, const absl::Status& status) {
  absl::FPrintF(stderr, "demo: %s%s\n", what, status.message());
  return exit_status;
}

// Whether the user can correct the error: the policy has no room for a thread,
// or does not know a priority.
bool IsBadOption(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsResourceExhausted(status);
}

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<Workload>>> MakeDemoWorkloads(
    const DemoOptions& options) {
  WorkOptions work;
  work.last_naive_fib = options.last_naive_fib;
  if (options.file.empty()) {
    work.sort_input = RandomNumbers(options.size, options.seed);
  } else {
    absl::StatusOr<std::shared_ptr<const SortLines>> lines =
        ReadLines(options.file);
    if (!lines.ok()) {
      return absl::Status(lines.status().code(),
                          absl::StrCat("--file=", lines.status().message()));
    }
    work.sort_input = *std::move(lines);
  }
  return MakeWorkloads(options.tasks, work);
}

int RunDemo(const DemoOptions& options, const Screen& screen,
            const std::vector<std::unique_ptr<Workload>>& workloads) {
  std::optional<JsonFile> json;
  if (!options.json.empty()) {
    absl::StatusOr<JsonFile> file = JsonFile::Create(options.json);
    if (!file.ok()) return Fail(kBadOption, "--json=", file.status());
    json = *std::move(file);
  }

  std::unique_ptr<page::Page> page;
  if (!options.html.empty()) {
    absl::StatusOr<std::unique_ptr<page::Page>> opened =
        page::Page::Open(options.html, 1);
    if (!opened.ok()) return Fail(kBadOption, "--html: ", opened.status());
    page = *std::move(opened);
  }

  if (!options.trace.empty()) {
    // The run opens the file itself, but would report an error later and less
    // clearly.
    const auto opened = trace::OutputFile::Open(options.trace);
    if (!opened.ok()) return Fail(kBadOption, "--trace: ", opened.status());
  }

  Write(screen, DescribeDemo(screen, options));
  Progress progress(screen);
  absl::StatusOr<DemoResult> result =
      RunWorkloads({.scheduler = options.scheduler,
                    .seed = options.seed,
                    .time_slice = options.slice,
                    .tick = options.tick,
                    .trace_file = options.trace},
                   options.duration, workloads, progress);
  if (!result.ok()) {
    return Fail(IsBadOption(result.status()) ? kBadOption : kFailed, "",
                result.status());
  }
  Write(screen, DescribeResult(screen, *result, progress.longest_gap()));
  if (json.has_value()) {
    const absl::Status status =
        json->Write(options.scheduler, options.slice, *result);
    if (!status.ok()) return Fail(kFailed, "--json: ", status);
  }
  if (page != nullptr) {
    page->Add(
        {.workload = "jiffy demo", .policy = options.scheduler, .live = true},
        MakePageRun(*result, page->NextLimits()));
    const absl::Status status = page->Publish();
    if (!status.ok()) return Fail(kFailed, "--html: ", status);
    Write(screen, absl::StrCat("Open ", options.html,
                               " in a browser to see who ran when.\n"));
  }
  if (!options.trace.empty() && result->trace_written.ok()) {
    Write(screen,
          absl::StrCat("Open ", options.trace,
                       " in https://ui.perfetto.dev or chrome://tracing to "
                       "see who ran when.\n"));
  }
  if (!result->all_correct()) {
    fputs("demo: WRONG RESULTS, see above\n", stderr);
  }
  if (!result->trace_written.ok()) {
    return Fail(kFailed, "--trace: ", result->trace_written);
  }
  return ExitStatus(*result);
}

}  // namespace jiffy::examples
