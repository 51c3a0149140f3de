#include "examples/demo_flags.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "examples/fib.h"
#include "examples/screen.h"
#include "examples/task_spec.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"

namespace jiffy::examples {
namespace {

std::string SchedulerNames() {
  std::vector<std::string> names;
  for (const sched::PolicyInfo& policy : sched::AllPolicies()) {
    names.push_back(policy.name);
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace
}  // namespace jiffy::examples

ABSL_FLAG(std::string, scheduler, "rr",
          absl::StrCat("scheduling policy: ",
                       jiffy::examples::SchedulerNames()));
ABSL_FLAG(absl::Duration, slice, absl::Milliseconds(10),
          "time slice, 50us to 1h, where the policy has no rule of its own");
ABSL_FLAG(std::optional<absl::Duration>, tick, std::nullopt,
          "period of the timer interrupt, 50us to 1h; by default the policy's\n"
          "own (linux-0.01: 10ms), else the slice");
ABSL_FLAG(
    std::string, tasks, "sort:3,fib:2",
    "what to run: KIND[:COUNT[:PRIORITY]],... where KIND is sort or fib;\n"
    "under linux-0.01 the priority is a task's ticks a turn");
ABSL_FLAG(absl::Duration, duration, absl::ZeroDuration(),
          "keep all tasks busy for this long, such as 5s: who is done starts\n"
          "again, on less work at a time so that all end together");
ABSL_FLAG(std::optional<int64_t>, size, std::nullopt,
          "numbers that each sort task sorts; by default 3000000, and 100000\n"
          "with --duration");
ABSL_FLAG(
    std::optional<int>, fib, std::nullopt,
    "last Fibonacci term to compute by naive recursion as well, 1 to 60,\n"
    "each taking 1.6 times as long as the one before; by default 42,\n"
    "and 30 with --duration. All terms that 64 bits hold are computed\n"
    "from earlier ones, which takes no time.");
ABSL_FLAG(std::string, file, "",
          "sort the lines of this file instead of numbers");
ABSL_FLAG(std::string, json, "", "write the figures to this file");
ABSL_FLAG(std::string, html, "",
          "write a web page to this file that shows who ran when");
ABSL_FLAG(std::string, trace, "",
          "write a trace to this file, for https://ui.perfetto.dev or\n"
          "chrome://tracing");
ABSL_FLAG(uint64_t, seed, 1,
          "seed of the numbers to sort, and of the policy random");
ABSL_FLAG(jiffy::examples::Toggle, color, jiffy::examples::Toggle::kAuto,
          "auto (on a terminal), yes or no");
ABSL_FLAG(jiffy::examples::Toggle, unicode, jiffy::examples::Toggle::kAuto,
          "auto (where the locale is UTF-8), yes or no");

namespace jiffy::examples {
namespace {

// Default sizes: tasks of about half a second, and repeated ones of about a
// slice.
constexpr int64_t kDefaultSize = 3'000'000;
constexpr int64_t kRepeatedSize = 100'000;
constexpr int kDefaultFib = 42;
constexpr int kRepeatedFib = 30;

constexpr int64_t kMaxSize = 1'000'000'000;
constexpr int kMaxNaiveFib = 60;
constexpr absl::Duration kMaxDuration = absl::Hours(24);

constexpr absl::string_view kFlags[] = {
    "scheduler", "slice", "tick", "tasks", "duration", "size",  "fib",
    "file",      "json",  "html", "trace", "seed",     "color", "unicode"};

template <typename... Args>
absl::Status Invalid(const Args&... args) {
  return absl::InvalidArgumentError(absl::StrCat(args...));
}

void PrintHelp() {
  fputs(
      "usage: demo [--FLAG=VALUE...]\n"
      "       demo --help, or -h: print this\n\n"
      "Sort and fib tasks that never yield share one CPU.\n\n",
      stdout);
  for (const absl::string_view name : kFlags) {
    const absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    const std::string value = flag->DefaultValue();
    absl::PrintF("  --%s%s%s\n      %s\n", name, value.empty() ? "" : "=",
                 value,
                 absl::StrReplaceAll(flag->Help(), {{"\n", "\n      "}}));
  }
  fputs(
      "\nExits with 0 if all results are right, with 1 if one is wrong, with 2 "
      "if a flag is.\n\n"
      "  demo --scheduler=linux-0.01 --tasks=sort:2:30,fib:2:15 "
      "--duration=5s\n",
      stdout);
}

// Parses the command line except --help. absl::ParseCommandLine would exit with
// status 1 on an error, which means a wrong result here, and would not say
// which values a flag takes.
absl::Status SetFlags(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (!absl::ConsumePrefix(&argument, "--")) {
      return Invalid("'", argv[i], "': only flags are allowed; see --help");
    }
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    if (std::find(std::begin(kFlags), std::end(kFlags), name) ==
        std::end(kFlags)) {
      return Invalid("'--", name, "': no such flag; there are --",
                     absl::StrJoin(kFlags, ", --"));
    }
    if (equals == argument.npos && i + 1 == argc) {
      return Invalid("--", name, ": needs a value");
    }
    const absl::string_view value =
        equals == argument.npos ? argv[++i] : argument.substr(equals + 1);
    absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    if (std::string error; !flag->ParseFrom(value, &error)) {
      return Invalid("--", name, "=", value, ": not a value of this flag: ",
                     absl::StrReplaceAll(flag->Help(), {{"\n", " "}}));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPeriod(absl::string_view flag, absl::Duration value) {
  if (value >= kMinTimeSlice && value <= kMaxTimeSlice) return absl::OkStatus();
  return Invalid("--", flag, "=", absl::FormatDuration(value),
                 ": must be from ", absl::FormatDuration(kMinTimeSlice), " to ",
                 absl::FormatDuration(kMaxTimeSlice));
}

absl::Status CheckScheduler(const std::string& name) {
  for (const sched::PolicyInfo& policy : sched::AllPolicies()) {
    if (policy.name == name) return absl::OkStatus();
  }
  return Invalid("--scheduler=", name, ": no such policy; there are ",
                 SchedulerNames());
}

absl::Status CheckRange(absl::string_view flag, int64_t value, int64_t max) {
  if (value >= 1 && value <= max) return absl::OkStatus();
  return Invalid("--", flag, "=", value, ": must be from 1 to ", max);
}

absl::Status SetWork(DemoOptions& options) {
  const std::string tasks = absl::GetFlag(FLAGS_tasks);
  absl::StatusOr<std::vector<TaskSpec>> specs = ParseTaskSpecs(tasks);
  if (!specs.ok()) {
    return Invalid("--tasks=", tasks, ": ", specs.status().message());
  }
  options.tasks = *std::move(specs);

  options.duration = absl::GetFlag(FLAGS_duration);
  if (options.duration < absl::ZeroDuration() ||
      options.duration > kMaxDuration) {
    return Invalid("--duration=", absl::FormatDuration(options.duration),
                   ": must be from 0 to ", absl::FormatDuration(kMaxDuration));
  }
  const bool once = options.duration == absl::ZeroDuration();

  options.file = absl::GetFlag(FLAGS_file);
  const std::optional<int64_t> size = absl::GetFlag(FLAGS_size);
  if (size.has_value() && !options.file.empty()) {
    return Invalid("--size=", *size, " and --file=", options.file,
                   ": a sort task sorts either numbers or lines");
  }
  const int64_t items = size.value_or(once ? kDefaultSize : kRepeatedSize);
  if (absl::Status status = CheckRange("size", items, kMaxSize); !status.ok()) {
    return status;
  }
  options.size = static_cast<size_t>(items);

  options.last_naive_fib =
      absl::GetFlag(FLAGS_fib).value_or(once ? kDefaultFib : kRepeatedFib);
  return CheckRange("fib", options.last_naive_fib, kMaxNaiveFib);
}

absl::Status SetScheduling(DemoOptions& options) {
  options.scheduler = absl::GetFlag(FLAGS_scheduler);
  options.slice = absl::GetFlag(FLAGS_slice);
  options.tick = absl::GetFlag(FLAGS_tick);
  options.seed = absl::GetFlag(FLAGS_seed);
  if (absl::Status status = CheckScheduler(options.scheduler); !status.ok()) {
    return status;
  }
  if (options.tick.has_value()) {
    if (absl::Status status = CheckPeriod("tick", *options.tick);
        !status.ok()) {
      return status;
    }
  }
  return CheckPeriod("slice", options.slice);
}

absl::Status CheckOutputs(const DemoOptions& options) {
  const std::pair<absl::string_view, absl::string_view> outputs[] = {
      {"json", options.json}, {"html", options.html}, {"trace", options.trace}};
  for (const auto& [flag, path] : outputs) {
    if (path == "-" && flag != "json") {
      return Invalid("--", flag,
                     "=-: needs a file; the report is on standard output");
    }
    for (const auto& [other_flag, other_path] : outputs) {
      if (other_flag == flag) break;
      if (path.empty() || path != other_path) continue;
      return Invalid("--", other_flag, "=", path, " and --", flag, "=", path,
                     ": two outputs cannot both go to one file");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DemoOptions> ParseDemoFlags(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const absl::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      PrintHelp();
      exit(EXIT_SUCCESS);
    }
  }
  if (absl::Status status = SetFlags(argc, argv); !status.ok()) return status;
  DemoOptions options;
  options.json = absl::GetFlag(FLAGS_json);
  options.html = absl::GetFlag(FLAGS_html);
  options.trace = absl::GetFlag(FLAGS_trace);
  if (absl::Status status = CheckOutputs(options); !status.ok()) return status;
  options.color = absl::GetFlag(FLAGS_color);
  options.unicode = absl::GetFlag(FLAGS_unicode);
  if (absl::Status status = SetScheduling(options); !status.ok()) return status;
  if (absl::Status status = SetWork(options); !status.ok()) return status;
  return options;
}

}  // namespace jiffy::examples
