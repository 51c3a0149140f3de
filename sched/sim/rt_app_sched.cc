#include "sched/sim/rt_app_sched.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sched/sim/rt_app_value.h"

namespace jiffy::sched::sim {
namespace {

constexpr TaskPolicy kPolicies[] = {
    TaskPolicy::kOther,      TaskPolicy::kBatch, TaskPolicy::kIdle,
    TaskPolicy::kRoundRobin, TaskPolicy::kFifo,  TaskPolicy::kDeadline,
};

int DefaultPriority(TaskPolicy policy) {
  const bool real_time =
      policy == TaskPolicy::kRoundRobin || policy == TaskPolicy::kFifo;
  return real_time ? 10 : 0;
}

}  // namespace

absl::StatusOr<TaskPolicy> ReadTaskPolicy(const Source& source,
                                          const JsonNode& node) {
  if (node.kind == JsonNode::Kind::kString) {
    for (const TaskPolicy known : kPolicies) {
      if (node.text == NameOf(known)) return known;
    }
  }
  return Unexpected(source, node,
                    "\"SCHED_OTHER\", \"SCHED_BATCH\", \"SCHED_IDLE\", "
                    "\"SCHED_RR\", \"SCHED_FIFO\" or \"SCHED_DEADLINE\"");
}

bool SchedReader::Knows(std::string_view key) {
  return key == "policy" || key == "priority" || key == "dl-runtime" ||
         key == "dl-period" || key == "dl-deadline";
}

absl::Status SchedReader::Read(const JsonNode& node) {
  if (node.key == "policy") {
    const auto policy = ReadTaskPolicy(source_, node);
    if (policy.ok()) policy_ = *policy;
    return policy.status();
  }
  if (node.key == "priority") {
    priority_ = &node;
    return absl::OkStatus();
  }
  const auto us =
      ReadInteger(source_, node, 0, kMaxTimeUs, "a number of microseconds");
  if (us.ok()) {
    (node.key == "dl-runtime"  ? runtime_us_
     : node.key == "dl-period" ? period_us_
                               : deadline_us_) = *us;
  }
  return us.status();
}

absl::Status SchedReader::ReadLegacy(const JsonNode& node) {
  const auto us =
      ReadInteger(source_, node, 0, kMaxTimeUs, "a number of microseconds");
  if (us.ok()) {
    std::optional<int64_t>& setting = node.key == "runtime" ? legacy_runtime_us_
                                      : node.key == "period"
                                          ? legacy_period_us_
                                          : legacy_deadline_us_;
    // The first of several "runtime" events counts.
    if (!setting.has_value()) setting = *us;
  }
  return us.status();
}

absl::StatusOr<std::optional<SchedParams>> SchedReader::Finish(
    SchedParams before, bool inherits) const {
  if (inherits && !policy_.has_value() && priority_ == nullptr &&
      !runtime_us_.has_value() && !period_us_.has_value() &&
      !deadline_us_.has_value()) {
    return std::nullopt;
  }
  SchedParams params = before;
  if (policy_.has_value()) params = {.policy = *policy_};
  if (policy_.has_value() || !inherits) {
    params.priority = DefaultPriority(params.policy);
  }
  if (priority_ != nullptr) {
    absl::StatusOr<int64_t> priority;
    switch (params.policy) {
      case TaskPolicy::kOther:
      case TaskPolicy::kBatch:
      case TaskPolicy::kIdle:
        priority = ReadInteger(source_, *priority_, -20, 19, "a nice value");
        break;
      case TaskPolicy::kRoundRobin:
      case TaskPolicy::kFifo:
        priority =
            ReadInteger(source_, *priority_, 1, 99, "a real-time priority");
        break;
      case TaskPolicy::kDeadline:
        priority = ReadInteger(source_, *priority_, 0, 0,
                               "no priority under SCHED_DEADLINE");
        break;
    }
    if (!priority.ok()) return priority.status();
    params.priority = static_cast<int>(*priority);
  }
  const bool legacy = params.policy == TaskPolicy::kDeadline;
  const auto either = [legacy](const std::optional<int64_t>& young,
                               const std::optional<int64_t>& old) {
    return young.has_value() || !legacy ? young : old;
  };
  const auto runtime_us = either(runtime_us_, legacy_runtime_us_);
  const auto period_us = either(period_us_, legacy_period_us_);
  const auto deadline_us = either(deadline_us_, legacy_deadline_us_);
  // As in rt-app, the period defaults to the runtime, the deadline to the
  // period.
  if (runtime_us.has_value()) {
    params.runtime_us = *runtime_us;
    params.period_us = *runtime_us;
    params.deadline_us = *runtime_us;
  }
  if (period_us.has_value()) {
    params.period_us = *period_us;
    params.deadline_us = *period_us;
  }
  if (deadline_us.has_value()) params.deadline_us = *deadline_us;
  return params;
}

}  // namespace jiffy::sched::sim
