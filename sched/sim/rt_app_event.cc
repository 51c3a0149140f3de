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
#include "absl/strings/str_join.h"
#include "sched/sim/rt_app_value.h"

namespace jiffy::sched::sim {
namespace {

using Kind = JsonNode::Kind;

// The type of an event's value.
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
  kTask,
  kSemaphore
};

struct EventName {
  std::string_view name;
  EventKind kind;
  Form form;
};

// A name comes after all longer names that begin with it.
constexpr EventName kEvents[] = {
    {"runtime", EventKind::kRun, Form::kTime},
    {"run", EventKind::kRun, Form::kTime},
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
    {"memrun", EventKind::kRun, Form::kBytes},
    {"mem", EventKind::kRun, Form::kBytes},
    {"iorun", EventKind::kRun, Form::kBytes},
    {"sem_wait", EventKind::kSemWait, Form::kSemaphore},
    {"sem_post", EventKind::kSemPost, Form::kSemaphore},
};

// A setting, although it begins like an event.
constexpr std::string_view kNoEvent = "membind_nodes";

const EventName* FindEvent(std::string_view key) {
  if (key == kNoEvent) return nullptr;
  for (const EventName& event : kEvents) {
    if (key.starts_with(event.name)) return &event;
  }
  return nullptr;
}

// Returns the number of `name` in a list; adds the name if it is new.
template <typename T>
int Intern(const std::string& name, std::map<std::string, int>& numbers,
           std::vector<T>& list) {
  const auto [it, added] =
      numbers.try_emplace(name, static_cast<int>(list.size()));
  if (added) list.push_back(T{name});
  return it->second;
}

// rt-app's name for an object that an event does not name.
constexpr std::string_view kUnnamed = "unknown";

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
    case Form::kBytes:
      status = ReadBytes(node, event);
      break;
    case Form::kSemaphore: {
      const auto semaphore = ReadName(source, node, "the name of a semaphore");
      status = semaphore.status();
      if (status.ok()) {
        event.object = Intern(*semaphore, semaphores_, workload_.semaphores);
      }
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

absl::Status EventReader::ReadBytes(const JsonNode& node, Event& event) {
  if (node.kind == Kind::kObject && FindEvent(node.key)->name == "memrun") {
    return ReadMemRun(node, event);
  }
  const auto bytes =
      ReadInteger(*workload_.source, node, 0, kMaxTimeUs, "a number of bytes");
  event.us = (bytes.value_or(0) + 999) / 1000;
  return bytes.status();
}

absl::Status EventReader::ReadMemRun(const JsonNode& node, Event& event) {
  for (const JsonNode& member : node.children) {
    const bool time = member.key == "duration" || member.key == "run" ||
                      member.key == "runtime";
    const bool bytes =
        member.key == "size" || member.key == "bytes" || member.key == "count";
    if (!time && !bytes) {
      notes_.AddIgnored(member, "there is no memory to write to");
      continue;
    }
    const auto amount =
        ReadInteger(*workload_.source, member, 0, kMaxTimeUs,
                    time ? "a number of microseconds" : "a number of bytes");
    if (!amount.ok()) return amount.status();
    event.us += time ? *amount : (*amount + 999) / 1000;
  }
  if (event.us == 0) {
    notes_.Add(node, "uses no CPU time: it has neither a duration nor a size");
  }
  return absl::OkStatus();
}

absl::StatusOr<EventReader::Members> EventReader::MembersOf(
    const JsonNode& node, const std::vector<std::string>& known) {
  if (node.kind != Kind::kObject) {
    return Unexpected(*workload_.source, node,
                      absl::StrCat("an object with \"",
                                   absl::StrJoin(known, "\", \""), "\""));
  }
  Members members;
  for (const JsonNode& member : node.children) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      notes_.AddIgnored(member, "rt-app knows nothing like it here");
    } else if (!members.emplace(member.key, &member).second) {
      notes_.AddIgnored(member, "it is given before");
    }
  }
  return members;
}

absl::StatusOr<std::string> EventReader::NameIn(const JsonNode& node,
                                                const Members& members,
                                                const std::string& key,
                                                std::string_view what) {
  if (const auto member = members.find(key); member != members.end()) {
    return ReadName(*workload_.source, *member->second, what);
  }
  notes_.Add(node, absl::StrCat("has no \"", key, "\": taken for \"",
                                std::string(kUnnamed), "\", as rt-app does"));
  return std::string(kUnnamed);
}

absl::Status EventReader::ReadTimer(const JsonNode& node, Event& event) {
  const Source& source = *workload_.source;
  const auto members = MembersOf(node, {"ref", "period", "mode"});
  if (!members.ok()) return members.status();
  const auto ref = NameIn(node, *members, "ref", "the name of a timer");
  if (!ref.ok()) return ref.status();
  if (const auto member = members->find("period"); member != members->end()) {
    const auto period = ReadInteger(source, *member->second, 0, kMaxTimeUs,
                                    "a number of microseconds");
    if (!period.ok()) return period.status();
    event.us = *period;
  } else {
    notes_.Add(node, "has no \"period\": taken for 0, as rt-app does");
  }

  std::vector<Timer>* timers = &workload_.timers;
  // rt-app checks only the beginning of the name.
  if (ref->starts_with("unique")) {
    event.own_timer = true;
    timers = &task_->own_timers;
    event.object = Intern(*ref, own_timers_, *timers);
  } else {
    event.object = Intern(*ref, timers_, *timers);
  }
  if (const auto member = members->find("mode"); member != members->end()) {
    const auto mode =
        ReadName(source, *member->second, "\"relative\" or \"absolute\"");
    if (!mode.ok()) return mode.status();
    // A property of the timer, whichever event sets it.
    if (mode->starts_with("absolute")) {
      (*timers)[static_cast<size_t>(event.object)].absolute = true;
    } else if (*mode != "relative") {
      notes_.Add(*member->second,
                 absl::StrCat("taken for \"relative\", as rt-app does; it is ",
                              Quoted(*mode)));
    }
  }
  return absl::OkStatus();
}

absl::Status EventReader::ReadWait(const JsonNode& node, Event& event) {
  const auto members = MembersOf(node, {"ref", "mutex"});
  if (!members.ok()) return members.status();
  const auto condition =
      NameIn(node, *members, "ref", "the name of a condition variable");
  if (!condition.ok()) return condition.status();
  const auto mutex = NameIn(node, *members, "mutex", "the name of a mutex");
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
    // As in rt-app's workgen.
    name = task_->name;
  } else {
    const auto read = ReadName(*workload_.source, node, "the name of a task");
    if (!read.ok()) return read.status();
    name = *read;
  }
  event.object = Intern(name, suspensions_, workload_.suspensions);
  if (static_cast<size_t>(event.object) == suspension_uses_.size()) {
    suspension_uses_.push_back(
        {.name = name, .first = {node.key, node.key_offset, node.offset}});
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
  barrier_users_.try_emplace(task_number_,
                             Mention{node.key, node.key_offset, node.offset});
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

absl::Status EventReader::Finish() {
  const Source& source = *workload_.source;
  for (const Suspension& uses : suspension_uses_) {
    // Not an error: rt-app's own files suspend and resume at names of no task.
    if ((uses.suspends && uses.resumes) || tasks_.contains(uses.name)) continue;
    JsonNode node;
    node.key = uses.first.key;
    node.key_offset = uses.first.key_offset;
    notes_.Add(node, absl::StrCat("no task ",
                                  uses.suspends ? "resumes " : "suspends at ",
                                  Quoted(uses.name)));
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
