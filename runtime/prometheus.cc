#include "runtime/prometheus.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/stats.h"
#include "signals/tick.h"

namespace jiffy {
namespace {

bool IsLabelName(absl::string_view name) {
  if (name.empty() || absl::ascii_isdigit(name[0]) ||
      absl::StartsWith(name, "__")) {
    return false;
  }
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

// Writes metric families of one metric each.
class Writer {
 public:
  explicit Writer(std::string labels) : labels_(std::move(labels)) {}

  void Count(absl::string_view name, absl::string_view help, uint64_t value) {
    Write(name, help, "counter", absl::StrCat(value));
  }
  void Gauge(absl::string_view name, absl::string_view help, uint64_t value) {
    Write(name, help, "gauge", absl::StrCat(value));
  }
  void Seconds(absl::string_view name, absl::string_view help,
               absl::Duration value) {
    // With all digits: nanoseconds.
    const int64_t ns = absl::ToInt64Nanoseconds(value);
    Write(name, help, "gauge",
          absl::StrCat(ns / signals::kNsPerSecond, ".",
                       absl::Dec(ns % signals::kNsPerSecond, absl::kZeroPad9)));
  }

  std::string text() && { return std::move(text_); }

 private:
  void Write(absl::string_view name, absl::string_view help,
             absl::string_view type, absl::string_view value) {
    absl::StrAppend(&text_, "# HELP jiffy_", name, " ", help, "\n");
    absl::StrAppend(&text_, "# TYPE jiffy_", name, " ", type, "\n");
    absl::StrAppend(&text_, "jiffy_", name, labels_, " ", value, "\n");
  }

  const std::string labels_;
  std::string text_;
};

}  // namespace

absl::StatusOr<std::string> PrometheusText(
    const RuntimeStats& stats,
    const std::vector<std::pair<std::string, std::string>>& labels) {
  std::string set;
  std::set<std::string> names;
  for (const auto& [name, value] : labels) {
    if (!IsLabelName(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "label \"", name,
          "\": a name is a letter or underscore, then letters, digits and "
          "underscores, and does not begin with two underscores"));
    }
    if (!names.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("label \"", name, "\": is there twice"));
    }
    absl::StrAppend(&set, set.empty() ? "{" : ",", name, "=\"",
                    absl::StrReplaceAll(
                        value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}),
                    "\"");
  }
  if (!set.empty()) set += "}";

  Writer writer(set);
  writer.Count("switches_total",
               "Switches between threads, and to and from idling.",
               stats.switches);
  writer.Count("preemptions_total",
               "Switches that took the CPU from a thread that would have run "
               "on.",
               stats.preemptions);
  writer.Count("jiffies_total", "Ticks since start, idle time included.",
               stats.jiffies);
  writer.Count("ticks_total", "Ticks that the timer delivered.", stats.ticks);
  writer.Count("stolen_ticks_total",
               "Ticks while the kernel kept the CPU's OS thread from running.",
               stats.stolen_ticks);
  writer.Count("guarded_ticks_total", "Ticks that found preemption off.",
               stats.guarded_ticks);
  writer.Count("deferred_ticks_total",
               "Times that a tick was put off because of where it landed.",
               stats.deferred_ticks);
  writer.Count("threads_total", "Threads that were spawned.", stats.threads);
  writer.Gauge("threads", "Threads that have not ended.", stats.live_threads);
  writer.Gauge("threads_most", "Most threads that there were at one time.",
               stats.most_threads);
  writer.Seconds("longest_guard_seconds",
                 "Longest time with preemption off, in whole ticks.",
                 stats.longest_guard);
  if (const RuntimeStats::FullestStack& fullest = stats.fullest_stack;
      fullest.size != 0) {
    writer.Gauge("fullest_stack_used_bytes",
                 "Bytes used of the stack that was used most, of those of "
                 "threads that ended.",
                 fullest.used);
    writer.Gauge("fullest_stack_size_bytes", "Size of that stack.",
                 fullest.size);
  }
  writer.Seconds("tick_seconds", "Period of the timer interrupt.", stats.tick);
  writer.Seconds("run_seconds", "Time since the run began.", stats.wall_time);
  return std::move(writer).text();
}

}  // namespace jiffy
