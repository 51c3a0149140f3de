#include "sched/sim/rt_app_parser.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sched/sim/endless_loop.h"
#include "sched/sim/json_tree.h"
#include "sched/sim/rt_app_event.h"
#include "sched/sim/rt_app_sched.h"
#include "sched/sim/rt_app_value.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {
namespace {

using Kind = JsonNode::Kind;

// rt-app's int.
constexpr int64_t kMinInt = -2'147'483'648;
constexpr int64_t kMaxLoops = 2'147'483'647;
constexpr int64_t kUsPerSecond = 1'000'000;

// Settings of "global" for rt-app's measurements and logs.
constexpr std::string_view kRtAppOnly[] = {
    "calibration",  "cumulative_slack", "frag",      "fragment",
    "ftrace",       "gnuplot",          "io_device", "lock_pages",
    "log_basename", "log_size",         "logdir",    "mem_buffer_size"};

// Settings of tasks and phases that mean nothing on a simulated machine.
constexpr std::string_view kMachineOnly[] = {
    "membind_nodes", "nodes_membind", "taskgroup", "util_max", "util_min"};

// Why other keys are ignored.
constexpr std::string_view kUnknown = "rt-app knows nothing like it here";

template <typename List>
bool Contains(const List& list, std::string_view key) {
  return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

class Parser {
 public:
  explicit Parser(std::shared_ptr<const Source> source)
      : source_(*source),
        notes_(*source),
        events_(workload_, task_numbers_, notes_) {
    workload_.source = std::move(source);
  }

  absl::StatusOr<Workload> Parse(const JsonNode& root) {
    if (root.kind != Kind::kObject) {
      return Unexpected(source_, root, "an object with \"tasks\"");
    }
    const JsonNode* global = nullptr;
    const JsonNode* tasks = nullptr;
    std::set<std::string> seen;
    for (const JsonNode& node : root.children) {
      if (IsRepeated(node, seen)) continue;
      if (node.key == "global") {
        global = &node;
      } else if (node.key == "tasks") {
        tasks = &node;
      } else if (node.key == "resources") {
        notes_.AddIgnored(node, "rt-app makes resources as they are used");
      } else {
        notes_.AddIgnored(node, kUnknown);
      }
    }
    if (tasks == nullptr) {
      return source_.Error(root.offset, "tasks",
                           "expected an object of tasks, it is missing");
    }
    // Before the tasks, since it contains their default policy.
    absl::Status status;
    if (global != nullptr) status = ReadGlobal(*global);
    if (status.ok()) status = ReadTasks(*tasks);
    if (status.ok()) status = events_.Finish();
    if (status.ok()) status = FindEndlessLoop(workload_);
    if (!status.ok()) return status;
    workload_.notes = notes_.Take();
    return std::move(workload_);
  }

 private:
  // Returns whether its object already has this setting. The first one counts:
  // workgen, the script that runs before rt-app, renames the later one, so that
  // rt-app ignores it.
  bool IsRepeated(const JsonNode& node, std::set<std::string>& seen) {
    if (seen.insert(node.key).second) return false;
    notes_.AddIgnored(node, "it is given before");
    return true;
  }

  absl::Status ReadGlobal(const JsonNode& global) {
    if (global.kind != Kind::kObject) {
      return Unexpected(source_, global, "an object of settings");
    }
    std::set<std::string> seen;
    for (const JsonNode& node : global.children) {
      if (IsRepeated(node, seen)) continue;
      if (node.key == "duration") {
        const auto seconds =
            ReadInteger(source_, node, kMinInt, kMaxTimeUs / kUsPerSecond,
                        "a number of seconds, or 0 for no limit");
        if (!seconds.ok()) return seconds.status();
        workload_.duration_us =
            *seconds <= 0 ? kForever : *seconds * kUsPerSecond;
      } else if (node.key == "default_policy") {
        const auto policy = ReadTaskPolicy(source_, node);
        if (!policy.ok()) return policy.status();
        default_policy_ = *policy;
      } else if (node.key == "pi_enabled") {
        const auto enabled = ReadBool(source_, node);
        if (!enabled.ok()) return enabled.status();
        workload_.priority_inheritance = *enabled;
      } else if (Contains(kRtAppOnly, node.key)) {
        notes_.AddIgnored(node, "it concerns rt-app only");
      } else {
        notes_.AddIgnored(node, kUnknown);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadTasks(const JsonNode& tasks) {
    if (tasks.kind != Kind::kObject || tasks.children.empty()) {
      return Unexpected(source_, tasks, "an object of one task or more");
    }
    std::vector<std::string> names;
    for (const JsonNode& node : tasks.children) {
      const int number = static_cast<int>(task_numbers_.size());
      std::string name = node.key;
      // As in workgen.
      for (int n = 1; !task_numbers_.emplace(name, number).second; ++n) {
        name = absl::StrCat(node.key, n);
      }
      if (name != node.key) {
        notes_.Add(node,
                   absl::StrCat("a task before has this name; this one is ",
                                Quoted(name)));
      }
      names.push_back(std::move(name));
    }
    int64_t threads = 0;
    // While events are read, they refer to tasks by address.
    workload_.tasks.reserve(tasks.children.size());
    for (size_t i = 0; i < names.size(); ++i) {
      const JsonNode& node = tasks.children[i];
      if (absl::Status status = ReadTask(node, std::move(names[i]));
          !status.ok()) {
        return status;
      }
      threads += workload_.tasks.back().instances;
      if (threads > kMaxThreads) {
        return source_.Error(node.key_offset, node.key,
                             absl::StrCat("expected at most ", kMaxThreads,
                                          " threads of all tasks together"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadTask(const JsonNode& node, std::string name) {
    TaskSpec& task = workload_.tasks.emplace_back();
    task.name = std::move(name);
    task.offset = static_cast<uint32_t>(node.key_offset);
    if (node.kind != Kind::kObject) {
      return Unexpected(source_, node, "an object, a task");
    }
    // First the settings of the whole task, wherever they are.
    const JsonNode* phases = nullptr;
    std::optional<int64_t> loop;
    SchedReader sched(source_);
    std::set<std::string> seen;
    for (const JsonNode& member : node.children) {
      absl::Status status;
      if (member.key == "runtime") status = sched.ReadLegacy(member);
      if (status.ok() && !IsEvent(member.key) && !IsRepeated(member, seen)) {
        if (member.key == "phases") {
          phases = &member;
        } else if (member.key == "instance") {
          const auto instances = ReadInteger(source_, member, 0, kMaxThreads,
                                             "a number of threads");
          status = instances.status();
          task.instances = static_cast<int>(instances.value_or(0));
        } else if (member.key == "delay") {
          const auto delay = ReadInteger(source_, member, 0, kMaxTimeUs,
                                         "a number of microseconds");
          status = delay.status();
          task.delay_us = delay.value_or(0);
        } else if (member.key == "period" || member.key == "deadline") {
          status = sched.ReadLegacy(member);
        } else {
          status = ReadCommon(member, loop, task.cpus, sched);
        }
      }
      if (!status.ok()) return status;
    }
    const auto params =
        sched.Finish({.policy = default_policy_}, /*inherits=*/false);
    if (!params.ok()) return params.status();
    task.sched = **params;
    events_.BeginTask(task);
    if (phases != nullptr) {
      for (const JsonNode& member : node.children) {
        if (!IsEvent(member.key)) continue;
        notes_.AddIgnored(member, "the task has \"phases\"");
      }
      if (loop.has_value()) task.loop = std::max(*loop, kForever);
      return ReadPhases(*phases, task);
    }
    // The task's members, including its loops, are those of its only phase.
    if (loop.has_value()) task.loop = PhaseLoops(*loop);
    Phase phase;
    for (const JsonNode& member : node.children) {
      if (!IsEvent(member.key)) continue;
      if (absl::Status status = events_.Read(member, phase.events);
          !status.ok()) {
        return status;
      }
    }
    return AddPhase(node, std::move(phase), task);
  }

  absl::Status ReadPhases(const JsonNode& phases, TaskSpec& task) {
    if (phases.kind != Kind::kObject || phases.children.empty()) {
      return Unexpected(source_, phases, "an object of one phase or more");
    }
    // Parameters that a phase does not set stay unchanged.
    SchedParams params = task.sched;
    for (const JsonNode& node : phases.children) {
      if (node.kind != Kind::kObject) {
        return Unexpected(source_, node, "an object, a phase");
      }
      Phase phase;
      std::optional<int64_t> loop;
      SchedReader sched(source_);
      std::set<std::string> seen;
      for (const JsonNode& member : node.children) {
        absl::Status status;
        if (IsEvent(member.key)) {
          status = events_.Read(member, phase.events);
        } else if (!IsRepeated(member, seen)) {
          status = ReadCommon(member, loop, phase.cpus, sched);
        }
        if (!status.ok()) return status;
      }
      if (loop.has_value()) phase.loop = PhaseLoops(*loop);
      const auto changed = sched.Finish(params, /*inherits=*/true);
      if (!changed.ok()) return changed.status();
      phase.sched = *changed;
      if (changed->has_value()) params = **changed;
      if (absl::Status status = AddPhase(node, std::move(phase), task);
          !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  // Reads a setting that both tasks and phases may have.
  absl::Status ReadCommon(const JsonNode& node, std::optional<int64_t>& loop,
                          std::vector<int>& cpus, SchedReader& sched) {
    if (node.key == "loop") {
      const auto loops = ReadInteger(source_, node, kMinInt, kMaxLoops,
                                     "a number of loops, or -1 for ever");
      if (loops.ok()) loop = *loops;
      return loops.status();
    }
    if (node.key == "cpus") {
      const auto read = ReadCpus(source_, node);
      if (read.ok()) cpus = *read;
      return read.status();
    }
    if (SchedReader::Knows(node.key)) return sched.Read(node);
    if (Contains(kMachineOnly, node.key)) {
      notes_.AddIgnored(node, "the simulated machine has nothing like it");
    } else {
      notes_.AddIgnored(node, kUnknown);
    }
    return absl::OkStatus();
  }

  // Returns the loops of a phase, with rt-app's rule that 0 or less means for
  // ever.
  static int64_t PhaseLoops(int64_t loops) {
    return loops <= 0 ? kForever : loops;
  }

  absl::Status AddPhase(const JsonNode& node, Phase phase, TaskSpec& task) {
    if (phase.events.empty()) {
      return source_.Error(
          node.key_offset, node.key,
          absl::StrCat("expected one event or more in it: ", EventNames()));
    }
    task.phases.push_back(std::move(phase));
    return absl::OkStatus();
  }

  const Source& source_;
  Workload workload_;
  std::map<std::string, int> task_numbers_;
  ReadingNotes notes_;
  EventReader events_;
  TaskPolicy default_policy_ = TaskPolicy::kOther;
};

}  // namespace

absl::StatusOr<Workload> ParseWorkload(std::string_view text,
                                       std::string_view file_name) {
  auto source = std::make_shared<const Source>(file_name, text);
  const absl::StatusOr<JsonNode> root = ParseJson(*source);
  if (!root.ok()) return root.status();
  absl::StatusOr<Workload> workload = Parser(source).Parse(*root);
  if (workload.ok() && StartsWithByteOrderMark(source->text())) {
    workload->notes.insert(
        workload->notes.begin(),
        absl::StrCat(source->Locate(0),
                     ": the byte-order mark is ignored; rt-app refuses it"));
  }
  return workload;
}

}  // namespace jiffy::sched::sim
