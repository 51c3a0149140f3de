#include "tools/lab/options.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "sched/sim/source.h"
#include "sched/sim/workload.h"

namespace jiffy::lab {
namespace {

using sched::sim::Quoted;

// A flag that takes a value if `value` names one.
struct Flag {
  const char* name;
  const char* value;
  const char* help;
  bool repeats;
  // Returns what was expected if the value is not good, else "".
  std::string (*set)(Options& options, const std::string& value);
};

template <typename T>
std::string SetInteger(const std::string& text, int64_t min, int64_t max,
                       T& out) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < min || number > max) {
    return absl::StrCat("an integer from ", min, " to ", max);
  }
  out = static_cast<T>(number);
  return "";
}

// Reads "10ms", "500us": at least a microsecond, and no parts of one.
std::string SetPeriod(const std::string& text, int64_t& us) {
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) &&
      duration >= absl::Microseconds(1) &&
      duration <= absl::Microseconds(sched::sim::kMaxTimeUs) &&
      duration % absl::Microseconds(1) == absl::ZeroDuration()) {
    us = absl::ToInt64Microseconds(duration);
    return "";
  }
  return "a time in whole microseconds, like 10ms or 500us";
}

std::string SetDuration(const std::string& text, int64_t& us) {
  double seconds = 0;
  if (text == "-1") {
    us = sched::sim::kForever;
    return "";
  }
  constexpr int64_t kMaxSeconds = sched::sim::kMaxTimeUs / 1'000'000;
  // Not "nan", which no comparison holds for.
  if (!absl::SimpleAtod(text, &seconds) || !(seconds >= 0) ||
      seconds > static_cast<double>(kMaxSeconds)) {
    return absl::StrCat("a number of seconds up to ", kMaxSeconds,
                        ", or -1 for no limit");
  }
  us = std::llround(seconds * 1e6);
  return "";
}

std::string SetParam(Options& options, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) return "NAME=VALUE";
  options.params.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  return "";
}

std::string SetFile(const std::string& text, std::string& out) {
  out = text;
  return text.empty() ? "the name of a file, or - for standard output" : "";
}

constexpr Flag kFlags[] = {
    {"policy", "NAME", "a scheduling policy; repeat to compare (default: rr)",
     true,
     [](Options& o, const std::string& v) {
       o.policies.push_back(v);
       return std::string();
     }},
    {"live", nullptr, "run on green threads, preempted by a real timer", false,
     [](Options& o, const std::string&) {
       o.live = true;
       return std::string();
     }},
    {"compare", "live", "simulate, run live, and show both with the difference",
     false,
     [](Options& o, const std::string& v) {
       o.compare = true;
       return std::string(v == "live" ? "" : "live");
     }},
    {"inherit", nullptr,
     "who holds a mutex has its waiters' priority (as with pi_enabled)", false,
     [](Options& o, const std::string&) {
       o.inherit = true;
       return std::string();
     }},
    {"cpus", "N", "CPUs of the simulated machine (default: 1)", false,
     [](Options& o, const std::string& v) {
       return SetInteger(v, 1, sched::sim::kMaxCpus, o.cpus);
     }},
    {"tasks", "N", "rows of the table of tasks (default: 40; 0: all)", false,
     [](Options& o, const std::string& v) {
       return SetInteger(v, 0, sched::sim::kMaxThreads, o.tasks);
     }},
    {"seed", "N", "seed of policies that draw lots (default: 1)", false,
     [](Options& o, const std::string& v) {
       return SetInteger(v, 0, INT64_MAX, o.seed);
     }},
    {"duration", "SECONDS", "how long to run, -1: until all tasks have ended",
     false,
     [](Options& o, const std::string& v) {
       return SetDuration(v, o.duration_us.emplace());
     }},
    {"tick", "TIME", "period of the timer tick (default: the policy's own)",
     false,
     [](Options& o, const std::string& v) {
       return SetPeriod(v, o.tick_us.emplace());
     }},
    {"slice", "TIME", "time slice, for policies that have one (default: 10ms)",
     false,
     [](Options& o, const std::string& v) { return SetPeriod(v, o.slice_us); }},
    {"param", "NAME=VALUE", "a parameter of the policy; see --list", true,
     SetParam},
    {"csv", "FILE", "write every switch as comma-separated values; -: stdout",
     false, [](Options& o, const std::string& v) { return SetFile(v, o.csv); }},
    {"chrome", "FILE", "write a trace for ui.perfetto.dev", false,
     [](Options& o, const std::string& v) { return SetFile(v, o.chrome); }},
    {"ftrace", "FILE", "write sched_switch and sched_wakeup as trace-cmd does",
     false,
     [](Options& o, const std::string& v) { return SetFile(v, o.ftrace); }},
    {"html", "FILE", "write a web page that shows and compares all runs", false,
     [](Options& o, const std::string& v) { return SetFile(v, o.html); }},
    {"explain", nullptr, "print each decision and its reason", false,
     [](Options& o, const std::string&) {
       o.explain = true;
       return std::string();
     }},
    {"list", nullptr, "list the policies and their parameters", false,
     [](Options& o, const std::string&) {
       o.list = true;
       return std::string();
     }},
    {"help", nullptr, "print this", false,
     [](Options& o, const std::string&) {
       o.help = true;
       return std::string();
     }},
};

const Flag* FindFlag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

// Refuses options that a live run cannot honour.
absl::Status CheckLive(const Options& options) {
  if (!options.live && !options.compare) return absl::OkStatus();
  const std::string flag = options.compare ? "--compare live" : "--live";
  if (options.cpus != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("option --cpus: a live run has one CPU, so ", flag,
                     " goes with --cpus 1 only, got ", options.cpus));
  }
  // Limits of jiffy::Runtime, checked here so that the message names the
  // option.
  constexpr int64_t kLeastUs = 50;
  constexpr int64_t kMostUs = int64_t{3600} * 1'000'000;
  const std::pair<const char*, int64_t> periods[] = {
      {"--tick", options.tick_us.value_or(kMostUs)},
      {"--slice", options.slice_us}};
  for (const auto& [name, us] : periods) {
    if (us >= kLeastUs && us <= kMostUs) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("option ", name, ": a live run ",
                     us < kLeastUs ? "needs at least 50us" : "takes at most 1h",
                     ", got ", absl::FormatDuration(absl::Microseconds(us))));
  }
  if (options.explain) {
    return absl::InvalidArgumentError(
        absl::StrCat("--explain tells of simulations, not of ", flag));
  }
  return absl::OkStatus();
}

absl::Status CheckOutputs(const Options& options) {
  std::set<std::string> seen;
  for (const std::string* file :
       {&options.csv, &options.chrome, &options.ftrace, &options.html}) {
    if (file->empty() || seen.insert(*file).second) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("two outputs cannot both go to ", Quoted(*file)));
  }
  seen.erase(options.html);
  if (!seen.empty() &&
      (options.files.size() > 1 || options.policies.size() > 1)) {
    return absl::InvalidArgumentError(
        "--csv, --chrome and --ftrace write one run; give them one FILE and "
        "one --policy");
  }
  if (!seen.empty() && options.compare) {
    return absl::InvalidArgumentError(
        "--compare live is two runs, and writes no traces of them");
  }
  if (options.explain && options.WritesToStdout()) {
    return absl::InvalidArgumentError(
        "--explain writes to standard output, so nothing else can");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Options> ParseOptions(
    const std::vector<std::string>& arguments) {
  Options options;
  std::set<std::string> given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      options.files.insert(options.files.end(),
                           arguments.begin() + static_cast<ptrdiff_t>(i) + 1,
                           arguments.end());
      break;
    }
    if (argument == "-h") {
      options.help = true;
      continue;
    }
    if (argument == "-" || !argument.starts_with("-")) {
      options.files.push_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const Flag* const flag =
        name.starts_with("--") ? FindFlag(name.substr(2)) : nullptr;
    if (flag == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown option ", Quoted(name), "; --help lists them"));
    }
    std::string value;
    if (flag->value == nullptr) {
      if (equals != std::string::npos) {
        return absl::InvalidArgumentError(
            absl::StrCat("option ", name, " takes no value"));
      }
    } else if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (++i < arguments.size()) {
      value = arguments[i];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("option ", name, " needs a value: ", flag->value));
    }
    if (!given.insert(name).second && !flag->repeats) {
      return absl::InvalidArgumentError(
          absl::StrCat("option ", name, " is given twice"));
    }
    if (const std::string expected = flag->set(options, value);
        !expected.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "option ", name, ": expected ", expected, ", got ", Quoted(value)));
    }
  }
  if (options.help || options.list) return options;
  if (options.files.empty()) {
    return absl::InvalidArgumentError(
        "expected the FILE of a workload; --help says more");
  }
  if (options.policies.empty()) options.policies = {"rr"};
  if (absl::Status status = CheckLive(options); !status.ok()) return status;
  if (absl::Status status = CheckOutputs(options); !status.ok()) return status;
  return options;
}

std::string Usage() {
  std::string usage =
      "usage: ./jiffy lab FILE... [OPTION...]\n"
      "\n"
      "Runs workloads in rt-app's file format under scheduling policies, in\n"
      "virtual time or live, and prints what came of it. FILE - is standard\n"
      "input.\n"
      "\n";
  for (const Flag& flag : kFlags) {
    const std::string form =
        absl::StrCat("--", flag.name, flag.value == nullptr ? "" : " ",
                     flag.value == nullptr ? "" : flag.value);
    absl::StrAppendFormat(&usage, "  %-20s %s\n", form, flag.help);
  }
  absl::StrAppend(&usage,
                  "\nIt ends with 0; with 1 if a file or a run is at fault, "
                  "with 2 if the\ncommand line is.\n");
  return usage;
}

}  // namespace jiffy::lab
