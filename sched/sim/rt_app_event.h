// The events of a workload file: the part of the grammar that says what a task
// does.
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

// Returns whether a key names an event: whether it begins with the name of one,
// as rt-app has it ("run", "run0", "run_heavy").
bool IsEvent(std::string_view key);

// Returns the names of all events, for messages: "run, runtime, sleep, ...".
std::string EventNames();

// Reads events into a workload, and the objects that they name.
class EventReader {
 public:
  // `tasks` has the tasks' names and their numbers. All must outlive the
  // reader.
  EventReader(Workload& workload, const std::map<std::string, int>& tasks,
              ReadingNotes& notes)
      : workload_(workload), tasks_(tasks), notes_(notes) {}

  // Begins with the events of another task.
  void BeginTask(TaskSpec& task);

  // Appends the event that `node` is to `events`.
  absl::Status Read(const JsonNode& node, std::vector<Event>& events);

  // Checks, once all events are read, that they fit together.
  absl::Status Finish();

 private:
  // Where something stands that only the end of the file shows to be wrong.
  struct Mention {
    std::string key;
    size_t key_offset = 0;
    size_t offset = 0;
  };
  // Those of an object, by key.
  using Members = std::map<std::string, const JsonNode*>;
  // Who mentions a suspension point.
  struct Suspension {
    std::string name;
    Mention first;
    bool suspends = false;
    bool resumes = false;
  };

  // Returns the members of an object that are `known`; the others are noted.
  absl::StatusOr<Members> MembersOf(const JsonNode& node,
                                    const std::vector<std::string>& known);
  // Returns the name that a member is, or rt-app's name for what has none.
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
  // Those of the task at hand.
  std::map<std::string, int> own_timers_;
  std::vector<Suspension> suspension_uses_;
  // Tasks that are forked, and where each first uses a barrier.
  std::vector<int> forked_;
  std::map<int, Mention> barrier_users_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RT_APP_EVENT_H_
