// The scheduling laboratory: ./jiffy lab. Usage() in options.cc says what it
// takes; docs and examples/workloads say what to try.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sched/registry.h"
#include "sched/sim/json_tree.h"
#include "sched/sim/rt_app_parser.h"
#include "sched/sim/source.h"
#include "sched/sim/workload.h"
#include "tools/lab/compare.h"
#include "tools/lab/options.h"
#include "tools/lab/run.h"
#include "tools/page/page.h"
#include "trace/output_file.h"

namespace jiffy::lab {
namespace {

// How the program ends.
constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kMisused = 2;

int Complain(const absl::Status& status, int exit_code) {
  const std::string message(status.message());
  std::fprintf(stderr, "jiffy lab: %s\n", message.c_str());
  return exit_code;
}

void PrintNotes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) {
    std::fprintf(stderr, "jiffy lab: note: %s\n", note.c_str());
  }
}

Screen DescribeScreen() {
  Screen screen;
  if (isatty(STDOUT_FILENO) == 0) return screen;
  const char* const term = std::getenv("TERM");
  // https://no-color.org
  const char* const no_color = std::getenv("NO_COLOR");
  screen.colors = (term == nullptr || std::strcmp(term, "dumb") != 0) &&
                  (no_color == nullptr || *no_color == '\0');
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    screen.width = size.ws_col;
  }
  return screen;
}

// Returns a file's text, and no more of it than the parser takes.
absl::StatusOr<std::string> ReadText(const std::string& path) {
  const auto failed = [&] {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      path == "-" ? stdin : std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return failed();
  std::string text;
  char part[size_t{64} << 10];
  while (text.size() <= sched::sim::kMaxJsonBytes) {
    const size_t got = std::fread(part, 1, sizeof part, file.get());
    text.append(part, got);
    if (got < sizeof part) break;
  }
  if (std::ferror(file.get()) != 0) return failed();
  return text;
}

absl::StatusOr<sched::sim::Workload> ReadWorkload(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  return sched::sim::ParseWorkload(*text, path == "-" ? "<stdin>" : path);
}

// "rr     round-robin: ...", and below it a line a parameter.
std::string PolicyList() {
  std::string list;
  size_t width = 0;
  const std::vector<sched::PolicyInfo> policies = sched::AllPolicies();
  for (const auto& policy : policies) {
    width = std::max(width, policy.name.size());
  }
  for (const auto& policy : policies) {
    absl::StrAppendFormat(&list, "%-*s  %s\n", static_cast<int>(width),
                          policy.name, policy.description);
    for (const auto& param : policy.params) {
      absl::StrAppendFormat(&list, "%*s  --param %s=%s  %s\n",
                            static_cast<int>(width), "", param.name,
                            param.default_value, param.description);
    }
  }
  return list;
}

// Checks what can be known before anything runs.
absl::Status CheckPolicies(const Options& options) {
  const std::vector<sched::PolicyInfo> known = sched::AllPolicies();
  std::vector<std::string> params;
  for (const std::string& name : options.policies) {
    const auto policy =
        std::find_if(known.begin(), known.end(),
                     [&](const auto& info) { return info.name == name; });
    if (policy == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown policy ", sched::sim::Quoted(name), "; known: ",
          absl::StrJoin(known, ", ", [](std::string* out, const auto& info) {
            out->append(info.name);
          })));
    }
    for (const auto& param : policy->params) params.push_back(param.name);
  }
  for (const auto& [name, value] : options.params) {
    if (std::find(params.begin(), params.end(), name) != params.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "no parameter ", sched::sim::Quoted(name), " of ",
        absl::StrJoin(options.policies, ", "),
        params.empty()
            ? "; it takes none"
            : absl::StrCat("; known: ", absl::StrJoin(params, ", "))));
  }
  return absl::OkStatus();
}

absl::Status Report(trace::OutputFile& report, const std::string& text) {
  report.Write(text);
  return report.Publish();
}

int Main(const std::vector<std::string>& arguments) {
  absl::StatusOr<Options> options = ParseOptions(arguments);
  if (!options.ok()) return Complain(options.status(), kMisused);
  absl::StatusOr<std::unique_ptr<trace::OutputFile>> report =
      trace::OutputFile::Open("-");
  if (!report.ok()) return Complain(report.status(), kFailed);
  if (options->help || options->list) {
    const absl::Status status =
        Report(**report, options->help ? Usage() : PolicyList());
    return status.ok() ? kOk : Complain(status, kFailed);
  }
  if (absl::Status status = CheckPolicies(*options); !status.ok()) {
    return Complain(status, kMisused);
  }

  // All are read before any runs: a mistake in the last one costs no time.
  std::vector<sched::sim::Workload> workloads;
  int exit_code = kOk;
  for (const std::string& file : options->files) {
    absl::StatusOr<sched::sim::Workload> workload = ReadWorkload(file);
    if (!workload.ok()) {
      exit_code = Complain(workload.status(), kFailed);
      continue;
    }
    PrintNotes(workload->notes);
    workload->priority_inheritance |= options->inherit;
    workloads.push_back(*std::move(workload));
  }
  if (exit_code != kOk) return exit_code;

  std::unique_ptr<page::Page> page;
  if (!options->html.empty()) {
    const size_t runs = workloads.size() * options->policies.size() *
                        (options->compare ? 2 : 1);
    auto opened = page::Page::Open(options->html, runs);
    if (!opened.ok()) return Complain(opened.status(), kFailed);
    page = *std::move(opened);
  }

  const Screen screen = DescribeScreen();
  for (size_t i = 0; i < workloads.size(); ++i) {
    for (const std::string& policy : options->policies) {
      std::vector<std::string> notes;
      absl::Status status =
          options->compare
              ? Compare(workloads[i], options->files[i], policy, *options,
                        **report, page.get(), notes)
              : RunOnce(workloads[i], options->files[i], policy, *options,
                        screen, **report, page.get(), notes);
      if (status.ok()) status = (*report)->Flush();
      PrintNotes(notes);
      if (!status.ok()) return Complain(status, kFailed);
    }
  }
  if (page != nullptr) {
    if (absl::Status status = page->Publish(); !status.ok()) {
      return Complain(status, kFailed);
    }
  }
  return kOk;
}

}  // namespace
}  // namespace jiffy::lab

int main(int argc, char** argv) {
  return jiffy::lab::Main(std::vector<std::string>(argv + 1, argv + argc));
}
