#include "sched/sim/cursor.h"

#include <string>

#include "gtest/gtest.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {
namespace {

Phase MakePhase(int64_t loop, std::initializer_list<int64_t> runs) {
  Phase phase;
  phase.loop = loop;
  for (const int64_t us : runs) {
    phase.events.push_back({.kind = EventKind::kRun, .us = us});
  }
  return phase;
}

// Returns the lengths of the bursts, with a bar at the start of each phase.
std::string Walk(const TaskSpec& task, int most = 100) {
  std::string walk;
  Cursor cursor(task);
  for (int i = 0; i < most; ++i) {
    const Event* const event = cursor.Next();
    if (event == nullptr) return walk + ".";
    if (cursor.entered() != nullptr) walk += "|";
    walk += std::to_string(event->us);
  }
  return walk;
}

TEST(Cursor, Phases_LoopInsideTheTasksLoop) {
  TaskSpec task;
  task.loop = 2;
  task.phases = {MakePhase(2, {1, 2}), MakePhase(1, {3})};
  EXPECT_EQ(Walk(task), "|1212|3|1212|3.");
}

TEST(Cursor, NoLoopsOrNoPhases_EndsAtOnce) {
  TaskSpec task;
  task.phases = {MakePhase(1, {1})};
  task.loop = 0;
  EXPECT_EQ(Walk(task), ".");
  task.loop = kForever;
  task.phases.clear();
  EXPECT_EQ(Walk(task), ".");
}

TEST(Cursor, ForEver_OfTheTask_OrOfAPhase) {
  TaskSpec task;
  task.phases = {MakePhase(1, {1}), MakePhase(1, {2})};
  EXPECT_EQ(Walk(task, 5), "|1|2|1|2|1");
  task.phases[0].loop = kForever;
  EXPECT_EQ(Walk(task, 5), "|11111");
}

}  // namespace
}  // namespace jiffy::sched::sim
