#include "tools/lab/explain.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace jiffy::lab {

using sched::sim::Candidate;
using sched::sim::Cause;
using sched::sim::Decision;

namespace {

// More than anybody reads of one decision.
constexpr size_t kShown = 16;

std::string DescribeState(const Candidate& candidate) {
  if (candidate.before == candidate.after) return candidate.after;
  return absl::StrCat(candidate.before, "  =>  ", candidate.after);
}

}  // namespace

std::string DescribeCause(const Decision& decision) {
  const std::string prev =
      decision.prev == nullptr ? "the CPU" : decision.prev->name;
  switch (decision.cause) {
    case Cause::kIdle:
      return "the CPU was idle";
    case Cause::kSliceEnd:
      return absl::StrCat(prev, " was stopped by the tick");
    case Cause::kWakeup:
      return absl::StrCat(prev, " was preempted by a wake-up");
    case Cause::kYield:
      return absl::StrCat(prev, " yielded");
    case Cause::kBlock:
      return absl::StrCat(prev, " blocked");
    case Cause::kExit:
      return absl::StrCat(prev, " exited");
    case Cause::kMigrate:
      return absl::StrCat(prev, " moved to another CPU");
  }
  return "";
}

void Explanation::OnDecision(const Decision& decision) {
  file_.Write(absl::StrFormat("%11.3f ms  cpu %d  %s; %s\n",
                              static_cast<double>(decision.time_us) / 1000,
                              decision.cpu, DescribeCause(decision),
                              decision.next == nullptr ? "nobody is runnable"
                              : decision.rule.empty()
                                  ? "takes"
                                  : absl::StrCat("takes ", decision.rule)));
  size_t width = 0;
  for (const Candidate& candidate : decision.candidates) {
    width = std::max(width, candidate.task->name.size());
  }
  size_t hidden = 0;
  size_t shown = 0;
  for (const Candidate& candidate : decision.candidates) {
    const bool chosen = candidate.task == decision.next;
    if (!chosen && shown == kShown) {
      ++hidden;
      continue;
    }
    shown += chosen ? 0 : 1;
    std::string line = absl::StrFormat(
        "%16s %-*s  %s", chosen ? ">" : "", static_cast<int>(width),
        candidate.task->name, DescribeState(candidate));
    line.erase(line.find_last_not_of(' ') + 1);
    file_.Write(absl::StrCat(line, "\n"));
  }
  if (hidden > 0) {
    file_.Write(absl::StrFormat("%16s and %d more\n", "", hidden));
  }
}

}  // namespace jiffy::lab
