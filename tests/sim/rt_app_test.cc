// Files that rt-app accepts although they look wrong: they run here too, with a
// note about what is ignored.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sched/sim/workload.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

using Notes = std::vector<std::string>;

std::vector<Event> EventsOf(const Workload& workload) {
  return workload.tasks.at(0).phases.at(0).events;
}

TEST(RtApp, EventsOfAnyName_GoByTheBeginning) {
  const Workload workload = MustParse(R"({"tasks": {"t": {
    "run_heavy": 5, "runtime_light": 6, "sleeping": 7, "unlocker": "m",
    "lock_m": "m", "memory": 1000, "memrunner": 2000, "broadcast": "c"}}})");
  const std::vector<Event> events = EventsOf(workload);
  const EventKind kinds[] = {EventKind::kRun,   EventKind::kRun,
                             EventKind::kSleep, EventKind::kUnlock,
                             EventKind::kLock,  EventKind::kRun,
                             EventKind::kRun,   EventKind::kBroadcast};
  ASSERT_EQ(events.size(), 8u);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].kind, kinds[i]) << i;
  }
  EXPECT_EQ(events[1].us, 6);
  EXPECT_EQ(events[6].us, 2);
  EXPECT_EQ(workload.notes, Notes{});
}

TEST(RtApp, UnknownKeys_AreIgnoredEverywhere) {
  const Workload workload = MustParse(R"({
 "other": 1,
 "tasks": {"t": {"colour": "red", "phases": {
  "p": {"instance": 3, "timer": {"ref": "a", "period": 1, "offset": 2}}}}},
 "global": {"durtion": 1}})");
  EXPECT_EQ(EventsOf(workload).size(), 1u);
  const std::string why = "ignored: rt-app knows nothing like it here";
  EXPECT_EQ(workload.notes, (Notes{"w.json:2:2: key \"other\": " + why,
                                   "w.json:5:13: key \"durtion\": " + why,
                                   "w.json:3:18: key \"colour\": " + why,
                                   "w.json:4:9: key \"instance\": " + why,
                                   "w.json:4:59: key \"offset\": " + why}));
}

// workgen renames the later ones, and these names mean nothing.
TEST(RtApp, SettingsGivenTwice_TheFirstCounts) {
  const Workload workload = MustParse(R"({
 "tasks": {"t": {"loop": 2, "run": 1, "loop": 3,
                 "wait": {"ref": "a", "mutex": "m", "ref": "b"}}},
 "tasks": {}})");
  EXPECT_EQ(workload.tasks.at(0).loop, 2);
  EXPECT_EQ(workload.conditions, std::vector<std::string>{"a"});
  const std::string why = "ignored: it is given before";
  EXPECT_EQ(workload.notes, (Notes{"w.json:4:2: key \"tasks\": " + why,
                                   "w.json:2:39: key \"loop\": " + why,
                                   "w.json:3:53: key \"ref\": " + why}));
}

TEST(RtApp, TasksOfOneName_GetNumbers) {
  const Workload workload = MustParse(R"({
 "tasks": {"t": {"run": 1}, "t1": {"run": 2}, "t": {"run": 3}, "": {"run": 4}}
})");
  ASSERT_EQ(workload.tasks.size(), 4u);
  EXPECT_EQ(workload.tasks[2].name, "t2");
  EXPECT_EQ(workload.tasks[3].name, "");
  EXPECT_EQ(workload.notes, Notes{"w.json:2:47: key \"t\": a task before has "
                                  "this name; this one is \"t2\""});
}

TEST(RtApp, EventsBesidePhases_AreIgnored) {
  const Workload workload = MustParse(
      R"({"tasks": {"t": {"phases": {"p": {"run": 1}}, "sleep": 1}}})");
  EXPECT_EQ(EventsOf(workload).size(), 1u);
  EXPECT_EQ(workload.notes, Notes{"w.json:1:47: key \"sleep\": ignored: the "
                                  "task has \"phases\""});
}

TEST(RtApp, DurationZeroOrLess_IsNone) {
  for (const char* duration : {"0", "-1", "-30"}) {
    const Outcome outcome =
        RunWorkload(std::string(R"({"tasks": {"t": {"loop": 2, "run": 5}},
                        "global": {"duration": )") +
                        duration + "}}",
                    {});
    EXPECT_EQ(outcome.end_us, 10) << duration;
  }
}

TEST(RtApp, ObjectsWithoutName_AreAllTheSame) {
  const Workload workload = MustParse(R"({"tasks": {"t": {
    "run": 1, "wait": {}, "timer": {"mode": "late"}, "lock": "", "yield": 1}}})");
  EXPECT_EQ(workload.conditions, std::vector<std::string>{"unknown"});
  EXPECT_EQ(workload.mutexes, (std::vector<std::string>{"unknown", ""}));
  EXPECT_EQ(workload.timers.at(0).name, "unknown");
  EXPECT_FALSE(workload.timers[0].absolute);
  EXPECT_EQ(EventsOf(workload)[2].us, 0);
  EXPECT_EQ(workload.notes.size(), 5u);
  EXPECT_EQ(workload.notes[0],
            "w.json:2:15: key \"wait\": has no \"ref\": taken "
            "for \"unknown\", as rt-app does");
  EXPECT_EQ(workload.notes[3],
            "w.json:2:27: key \"timer\": has no \"period\": "
            "taken for 0, as rt-app does");
  EXPECT_EQ(workload.notes[4],
            "w.json:2:37: key \"mode\": taken for "
            "\"relative\", as rt-app does; it is \"late\"");
}

TEST(RtApp, SuspensionPointsOfNobody_AreNoted) {
  const Workload workload = MustParse(
      R"({"tasks": {"t": {"run": 1, "resume": "x", "suspend": "y"}}})");
  EXPECT_EQ(workload.notes,
            (Notes{"w.json:1:28: key \"resume\": no task suspends at \"x\"",
                   "w.json:1:43: key \"suspend\": no task resumes \"y\""}));
}

TEST(RtApp, MemRunObject_UsesItsTimeOrItsSize) {
  const Workload workload = MustParse(R"({"tasks": {"t": {
    "memrun": {"duration": 30, "size": 1500}, "memrun2": {"node": 1}}}})");
  EXPECT_EQ(EventsOf(workload)[0].us, 32);
  EXPECT_EQ(EventsOf(workload)[1].us, 0);
  EXPECT_EQ(workload.notes,
            (Notes{"w.json:2:59: key \"node\": ignored: there is no memory to "
                   "write to",
                   "w.json:2:47: key \"memrun2\": uses no CPU time: it has "
                   "neither a duration nor a size"}));
}

TEST(RtApp, OlderDeadlineSettings_CountUnderSchedDeadline) {
  const Workload workload = MustParse(R"({"tasks": {
    "a": {"policy": "SCHED_DEADLINE", "runtime": 10, "period": 40,
          "deadline": 30},
    "b": {"policy": "SCHED_DEADLINE", "dl-runtime": 5, "runtime": 10,
          "dl-period": 20},
    "c": {"runtime": 10, "period": 40}}})");
  const TaskParams a = ToTaskParams(workload.tasks[0].sched);
  EXPECT_EQ(a.runtime_ns, 10'000);
  EXPECT_EQ(a.period_ns, 40'000);
  EXPECT_EQ(a.deadline_ns, 30'000);
  EXPECT_EQ(EventsOf(workload).size(), 1u);
  const TaskParams b = ToTaskParams(workload.tasks[1].sched);
  EXPECT_EQ(b.runtime_ns, 5'000);
  EXPECT_EQ(b.period_ns, 20'000);
  EXPECT_EQ(ToTaskParams(workload.tasks[2].sched).slice_ns, 0);
  EXPECT_EQ(workload.notes, Notes{});
}

// A gets two permits from the first post and its own; B gets those posted
// later.
TEST(RtApp, Semaphores_CountPostsAndWakeInOrder) {
  const Outcome outcome = RunWorkload(R"({"tasks": {
      "A": {"loop": 1, "sem_wait": "s", "run": 10, "sem_wait": "s", "run": 10},
      "B": {"loop": 1, "sem_wait": "s", "run": 10},
      "P": {"loop": 1, "run": 5, "sem_post": "s", "run": 5, "sem_post": "s",
            "sleep": 100, "sem_post": "s", "sem_post": "t", "sem_wait": "t",
            "run": 1, "sem_wait": "u"}}})",
                                      {.policy = "fifo"});
  EXPECT_EQ(outcome.switches,
            "0,0,idle,R,A-0\n0,0,A-0,S,B-1\n0,0,B-1,S,P-2\n10,0,P-2,S,A-0\n"
            "20,0,A-0,S,B-1\n30,0,B-1,X,idle\n110,0,idle,R,P-2\n"
            "111,0,P-2,S,A-0\n121,0,A-0,X,idle\n");
  EXPECT_EQ(outcome.notes,
            "deadlock at 121 us: all tasks that are left, 1, are blocked for "
            "ever\n  P-2 waits for semaphore \"u\"");
}

}  // namespace
}  // namespace jiffy::sched::sim
