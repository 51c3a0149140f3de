#include "sched/sim/rt_app_event.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sched/sim/rt_app_value.h"

namespace jiffy::sched::sim {
namespace {

using Kind = JsonNode::Kind;

// What an event's value is.
enum class Form {
  kTime,
  kBytes,
  kTimer,
  kMutex,
  kWait,
  kCondition,
  kSuspension,
  kNothing,
  kBarrier,
  kTask
};

struct EventName {
  std::string_view name;
  EventKind kind;
  Form form;
};

constexpr EventName kEvents[] = {
    {"run", EventKind::kRun, Form::kTime},
    {"runtime", EventKind::kRun, Form::kTime},
    {"sleep", EventKind::kSleep, Form::kTime},
    {"timer", EventKind::kTimer, Form::kTimer},
    {"lock", EventKind::kLock, Form::kMutex},
    {"unlock", EventKind::kUnlock, Form::kMutex},
    {"wait", EventKind::kWait, Form::kWait},
    {"signal", EventKind::kSignal, Form::kCondition},
    {"broad", EventKind::kBroadcast, Form::kCondition},
    {"sync", EventKind::kSync, Form::kWait},
    {"suspend", EventKind::kSuspend, Form::kSuspension},
    {"resume", EventKind::kResume, Form::kSuspension},
    {"yield", EventKind::kYield, Form::kNothing},
    {"barrier", EventKind::kBarrier, Form::kBarrier},
    {"fork", EventKind::kFork, Form::kTask},
    {"mem", EventKind::kRun, Form::kBytes},
    {"iorun", EventKind::kRun, Form::kBytes},
    {"memrun", EventKind::kRun, Form::kBytes},
};

const EventName* FindEvent(std::string_view key) {
  while (!key.empty() && key.back() >= '0' && key.back() <= '9') {
    key.remove_suffix(1);
  }
  for (const EventName& event : kEvents) {
    if (event.name == key) return &event;
  }
  return nullptr;
}

// Returns the number of `name` in a list, to which it is added if it is new.
template <typename T>
int Intern(const std::string& name, std::map<std::string, int>& numbers,
           std::vector<T>& list) {
  const auto [it, added] =
      numbers.try_emplace(name, static_cast<int>(list.size()));
  if (added) list.push_back(T{name});
  return it->second;
}

// Returns the members of an object, which has to have all of `required` and may
// have `optional`, each once.
absl::StatusOr<std::map<std::string, const JsonNode*>> Members(
    const Source& source, const JsonNode& node,
    const std::vector<std::string>& required, const std::string& optional) {
  std::string what = "an object with ";
  for (const std::string& name : required) {
    absl::StrAppend(&what, &name == &required.front() ? "" : " and ", "\"",
                    name, "\"");
  }
  if (node.kind != Kind::kObject) return Unexpected(source, node, what);
  std::map<std::string, const JsonNode*> members;
  for (const JsonNode& member : node.children) {
    const bool known =
        member.key == optional || std::find(required.begin(), required.end(),
                                            member.key) != required.end();
    if (!known) {
      return source.Error(
          member.key_offset, member.key,
          absl::StrCat("expected ", what,
                       optional.empty()
                           ? ""
                           : absl::StrCat(", and maybe \"", optional, "\""),
                       " in it"));
    }
    if (!members.emplace(member.key, &member).second) {
      return source.Error(member.key_offset, member.key,
                          "expected only once, it is given twice");
    }
  }
  for (const std::string& name : required) {
    if (!members.contains(name)) {
      return source.Error(
          node.key_offset, node.key,
          absl::StrCat("expected ", what, ", \"", name, "\" is missing"));
    }
  }
  return members;
}

}  // namespace

bool IsEvent(std::string_view key) { return FindEvent(key) != nullptr; }

std::string EventNames() {
  std::string names;
  for (const EventName& event : kEvents) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(event.name));
  }
  return names;
}

void EventReader::BeginTask(TaskSpec& task) {
  task_ = &task;
  ++task_number_;
  own_timers_.clear();
}

absl::Status EventReader::Read(const JsonNode& node,
                               std::vector<Event>& events) {
  const Source& source = *workload_.source;
  const EventName& name = *FindEvent(node.key);
  Event event = {.kind = name.kind,
                 .offset = static_cast<uint32_t>(node.key_offset)};
  absl::Status status;
  switch (name.form) {
    case Form::kTime: {
      const auto us =
          ReadInteger(source, node, 0, kMaxTimeUs, "a number of microseconds");
      status = us.status();
      event.us = us.value_or(0);
      break;
    }
    case Form::kBytes: {
      const auto bytes =
          ReadInteger(source, node, 0, kMaxTimeUs, "a number of bytes");
      status = bytes.status();
      event.us = (bytes.value_or(0) + 999) / 1000;
      break;
    }
    case Form::kMutex: {
      const auto mutex = ReadName(source, node, "the name of a mutex");
      status = mutex.status();
      if (status.ok()) event.object = Mutex(*mutex);
      break;
    }
    case Form::kCondition: {
      const auto condition =
          ReadName(source, node, "the name of a condition variable");
      status = condition.status();
      if (status.ok()) event.object = Condition(*condition);
      break;
    }
    case Form::kNothing:
      if (node.kind != Kind::kMissing && node.kind != Kind::kString) {
        status = Unexpected(source, node, "a string, which may be empty");
      }
      break;
    case Form::kTimer:
      status = ReadTimer(node, event);
      break;
    case Form::kWait:
      status = ReadWait(node, event);
      break;
    case Form::kSuspension:
      status = ReadSuspension(node, event);
      break;
    case Form::kBarrier:
      status = ReadBarrier(node, event);
      break;
    case Form::kTask:
      status = ReadFork(node, event);
      break;
  }
  if (status.ok()) events.push_back(event);
  return status;
}

absl::Status EventReader::ReadTimer(const JsonNode& node, Event& event) {
  const Source& source = *workload_.source;
  const auto members = Members(source, node, {"ref", "period"}, "mode");
  if (!members.ok()) return members.status();
  const auto ref = ReadName(source, *members->at("ref"), "the name of a timer");
  if (!ref.ok()) return ref.status();
  const auto period = ReadInteger(source, *members->at("period"), 0, kMaxTimeUs,
                                  "a number of microseconds");
  if (!period.ok()) return period.status();
  event.us = *period;

  std::vector<Timer>* timers = &workload_.timers;
  // rt-app goes by the beginning of the name.
  if (ref->starts_with("unique")) {
    event.own_timer = true;
    timers = &task_->own_timers;
    event.object = Intern(*ref, own_timers_, *timers);
  } else {
    event.object = Intern(*ref, timers_, *timers);
  }
  if (const auto mode = members->find("mode"); mode != members->end()) {
    const JsonNode& value = *mode->second;
    if (value.kind != Kind::kString ||
        (value.text != "relative" && value.text != "absolute")) {
      return Unexpected(source, value, "\"relative\" or \"absolute\"");
    }
    // It is a property of the timer, whoever mentions it.
    if (value.text == "absolute") {
      (*timers)[static_cast<size_t>(event.object)].absolute = true;
    }
  }
  return absl::OkStatus();
}

absl::Status EventReader::ReadWait(const JsonNode& node, Event& event) {
  const Source& source = *workload_.source;
  const auto members = Members(source, node, {"ref", "mutex"}, "");
  if (!members.ok()) return members.status();
  const auto condition =
      ReadName(source, *members->at("ref"), "the name of a condition variable");
  if (!condition.ok()) return condition.status();
  const auto mutex =
      ReadName(source, *members->at("mutex"), "the name of a mutex");
  if (!mutex.ok()) return mutex.status();
  event.object = Condition(*condition);
  event.mutex = Mutex(*mutex);
  return absl::OkStatus();
}

absl::Status EventReader::ReadSuspension(const JsonNode& node, Event& event) {
  const bool suspends = event.kind == EventKind::kSuspend;
  std::string name;
  if (suspends && (node.kind == Kind::kMissing ||
                   (node.kind == Kind::kString && node.text.empty()))) {
    // As rt-app's workgen fills it in.
    name = task_->name;
  } else {
    const auto read = ReadName(*workload_.source, node, "the name of a task");
    if (!read.ok()) return read.status();
    name = *read;
  }
  event.object = Intern(name, suspensions_, workload_.suspensions);
  if (static_cast<size_t>(event.object) == suspension_uses_.size()) {
    suspension_uses_.push_back(
        {.name = name, .first = {node.key, node.offset}});
  }
  Suspension& uses = suspension_uses_[static_cast<size_t>(event.object)];
  uses.suspends |= suspends;
  uses.resumes |= !suspends;
  return absl::OkStatus();
}

absl::Status EventReader::ReadBarrier(const JsonNode& node, Event& event) {
  const auto name = ReadName(*workload_.source, node, "the name of a barrier");
  if (!name.ok()) return name.status();
  event.object = Intern(*name, barriers_, workload_.barriers);
  // Each mention counts, as in rt-app.
  workload_.barriers[static_cast<size_t>(event.object)].users +=
      task_->instances;
  barrier_users_.try_emplace(task_number_, Mention{node.key, node.offset});
  return absl::OkStatus();
}

absl::Status EventReader::ReadFork(const JsonNode& node, Event& event) {
  const auto name = ReadName(*workload_.source, node, "the name of a task");
  if (!name.ok()) return name.status();
  const auto task = tasks_.find(*name);
  if (task == tasks_.end()) {
    return Unexpected(*workload_.source, node, "the name of a task");
  }
  event.object = task->second;
  forked_.push_back(task->second);
  return absl::OkStatus();
}

absl::Status EventReader::Finish() const {
  const Source& source = *workload_.source;
  for (const Suspension& uses : suspension_uses_) {
    // rt-app's own files suspend and resume at names that no task has.
    if ((uses.suspends && uses.resumes) || tasks_.contains(uses.name)) continue;
    return source.Error(
        uses.first.offset, uses.first.key,
        absl::StrCat(
            "expected the name of a task, or one at which other tasks ",
            uses.suspends ? "resume" : "suspend", ", got ", Quoted(uses.name)));
  }
  for (const int task : forked_) {
    const auto barrier = barrier_users_.find(task);
    if (barrier == barrier_users_.end()) continue;
    return source.Error(
        barrier->second.offset, barrier->second.key,
        absl::StrCat("expected none in task ",
                     Quoted(workload_.tasks[static_cast<size_t>(task)].name),
                     ", which is forked: how many would come is not known"));
  }
  return absl::OkStatus();
}

int EventReader::Mutex(const std::string& name) {
  return Intern(name, mutexes_, workload_.mutexes);
}

int EventReader::Condition(const std::string& name) {
  return Intern(name, conditions_, workload_.conditions);
}

}  // namespace jiffy::sched::sim
