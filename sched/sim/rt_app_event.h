// Reads the events of a workload file: the part of the grammar that describes
// the actions of a task.
#ifndef JIFFY_SCHED_SIM_RT_APP_EVENT_H_
#define JIFFY_SCHED_SIM_RT_APP_EVENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sched/sim/json_tree.h"
#include "sched/sim/rt_app_value.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {

// Returns whether a key names an event: as in rt-app, whether it begins with an
// event's name ("run", "run0", "run_heavy").
bool IsEvent(std::string_view key);

// Returns the names of all events, for messages: "run, runtime, sleep, ...".
std::string EventNames();

// Reads events, and the objects that they name, into a workload.
class EventReader {
 public:
  // `tasks` maps the tasks' names to their numbers. All arguments must outlive
  // the reader.
  EventReader(Workload& workload, const std::map<std::string, int>& tasks,
              ReadingNotes& notes)
      : workload_(workload), tasks_(tasks), notes_(notes) {}

  // Starts reading the events of `task`.
  void BeginTask(TaskSpec& task);

  // Appends the event in `node` to `events`.
  absl::Status Read(const JsonNode& node, std::vector<Event>& events);

  // Checks that the events fit together. Call it after all events are read.
  absl::Status Finish();

 private:
  // The position of something that can be checked only at the end of the file.
  struct Mention {
    std::string key;
    size_t key_offset = 0;
    size_t offset = 0;
  };
  // The members of an object, by key.
  using Members = std::map<std::string, const JsonNode*>;
  // The uses of a suspension point.
  struct Suspension {
    std::string name;
    Mention first;
    bool suspends = false;
    bool resumes = false;
  };

  // Returns the members of an object that are `known`; adds notes for the
  // others.
  absl::StatusOr<Members> MembersOf(const JsonNode& node,
                                    const std::vector<std::string>& known);
  // Returns the name in member `key`, or rt-app's default name if there is
  // none.
  absl::StatusOr<std::string> NameIn(const JsonNode& node,
                                     const Members& members,
                                     const std::string& key,
                                     std::string_view what);
  absl::Status ReadBytes(const JsonNode& node, Event& event);
  absl::Status ReadMemRun(const JsonNode& node, Event& event);
  absl::Status ReadTimer(const JsonNode& node, Event& event);
  absl::Status ReadWait(const JsonNode& node, Event& event);
  absl::Status ReadSuspension(const JsonNode& node, Event& event);
  absl::Status ReadBarrier(const JsonNode& node, Event& event);
  absl::Status ReadFork(const JsonNode& node, Event& event);

  int Mutex(const std::string& name);
  int Condition(const std::string& name);

  Workload& workload_;
  const std::map<std::string, int>& tasks_;
  ReadingNotes& notes_;
  TaskSpec* task_ = nullptr;
  int task_number_ = -1;

  std::map<std::string, int> mutexes_;
  std::map<std::string, int> conditions_;
  std::map<std::string, int> suspensions_;
  std::map<std::string, int> timers_;
  std::map<std::string, int> barriers_;
  std::map<std::string, int> semaphores_;
  // The current task's own timers.
  std::map<std::string, int> own_timers_;
  std::vector<Suspension> suspension_uses_;
  // Forked tasks, and where each task first uses a barrier.
  std::vector<int> forked_;
  std::map<int, Mention> barrier_users_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RT_APP_EVENT_H_
