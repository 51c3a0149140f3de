// Good workload files, and what the parser reads from them.
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "sched/sim/rt_app_parser.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {
namespace {

Workload Parse(std::string_view text) {
  auto workload = ParseWorkload(text, "w.json");
  EXPECT_TRUE(workload.ok()) << workload.status();
  return workload.ok() ? *std::move(workload) : Workload();
}

// Returns the only phase of the only task.
Phase OnlyPhase(const Workload& workload) {
  EXPECT_EQ(workload.tasks.size(), 1u);
  EXPECT_EQ(workload.tasks.at(0).phases.size(), 1u);
  return workload.tasks.at(0).phases.at(0);
}

TEST(Parser, Defaults) {
  const Workload workload = Parse(R"({"tasks": {"t": {"run": 1}}})");
  EXPECT_EQ(workload.duration_us, kForever);
  const TaskSpec& task = workload.tasks[0];
  EXPECT_EQ(task.name, "t");
  EXPECT_EQ(task.instances, 1);
  EXPECT_EQ(task.delay_us, 0);
  EXPECT_EQ(task.loop, kForever);
  EXPECT_TRUE(task.cpus.empty());
  EXPECT_EQ(task.sched.policy, TaskPolicy::kOther);
  EXPECT_EQ(task.sched.priority, 0);
  EXPECT_EQ(OnlyPhase(workload).loop, 1);
  EXPECT_FALSE(OnlyPhase(workload).sched.has_value());
}

TEST(Parser, CommentsAndTrailingCommas) {
  const Workload workload = Parse(R"(
    // the whole
    {
      /* tasks, and "quotes": { in a comment */
      "tasks" : { "t" : { "run" : 5, /* here */ "sleep" : 6, // and there
      }, },
      "global" : { "duration" : 3, },
    } // the end
    /* really */)");
  EXPECT_EQ(workload.duration_us, 3'000'000);
  EXPECT_EQ(OnlyPhase(workload).events.size(), 2u);
}

TEST(Parser, RepeatedKeys_KeepTheirOrder) {
  const Phase phase = OnlyPhase(Parse(R"({"tasks": {"t": {
      "run": 1, "sleep": 2, "run": 3, "sleep7": 4, "run12": 5}}})"));
  ASSERT_EQ(phase.events.size(), 5u);
  const EventKind kinds[] = {EventKind::kRun, EventKind::kSleep,
                             EventKind::kRun, EventKind::kSleep,
                             EventKind::kRun};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(phase.events[i].kind, kinds[i]);
    EXPECT_EQ(phase.events[i].us, static_cast<int64_t>(i + 1));
  }
}

TEST(Parser, EveryEvent) {
  const Workload workload = Parse(R"({"tasks": {
    "t": {
      "run": 1, "runtime": 2, "sleep": 3,
      "timer": {"ref": "shared", "period": 4},
      "timer": {"ref": "uniqueA", "period": 5, "mode": "absolute"},
      "lock": "m", "unlock": "m",
      "wait": {"ref": "c", "mutex": "m2"}, "signal": "c", "broad": "c2",
      "sync": {"mutex": "m", "ref": "c2"},
      "suspend": "", "resume": "u", "yield": "", "barrier": "b", "fork": "u"},
    "u": {"instance": 0, "mem": 1000, "iorun": 1001, "memrun": 1,
          "suspend": "u"}}})");
  const std::vector<Event>& e = workload.tasks[0].phases[0].events;
  ASSERT_EQ(e.size(), 16u);
  EXPECT_EQ(e[1].kind, EventKind::kRun);
  EXPECT_EQ(e[1].us, 2);
  EXPECT_EQ(e[3].kind, EventKind::kTimer);
  EXPECT_EQ(e[3].us, 4);
  EXPECT_FALSE(e[3].own_timer);
  EXPECT_EQ(workload.timers.at(0).name, "shared");
  EXPECT_FALSE(workload.timers[0].absolute);
  EXPECT_TRUE(e[4].own_timer);
  EXPECT_EQ(workload.tasks[0].own_timers.at(0).name, "uniqueA");
  EXPECT_TRUE(workload.tasks[0].own_timers[0].absolute);
  EXPECT_EQ(e[5].kind, EventKind::kLock);
  EXPECT_EQ(e[6].kind, EventKind::kUnlock);
  EXPECT_EQ(workload.mutexes, (std::vector<std::string>{"m", "m2"}));
  EXPECT_EQ(e[7].kind, EventKind::kWait);
  EXPECT_EQ(e[7].object, 0);
  EXPECT_EQ(e[7].mutex, 1);
  EXPECT_EQ(e[8].kind, EventKind::kSignal);
  EXPECT_EQ(e[9].kind, EventKind::kBroadcast);
  EXPECT_EQ(workload.conditions, (std::vector<std::string>{"c", "c2"}));
  EXPECT_EQ(e[10].kind, EventKind::kSync);
  EXPECT_EQ(e[10].object, 1);
  EXPECT_EQ(e[10].mutex, 0);
  EXPECT_EQ(e[11].kind, EventKind::kSuspend);
  EXPECT_EQ(e[12].kind, EventKind::kResume);
  EXPECT_EQ(workload.suspensions, (std::vector<std::string>{"t", "u"}));
  EXPECT_EQ(e[13].kind, EventKind::kYield);
  EXPECT_EQ(e[14].kind, EventKind::kBarrier);
  EXPECT_EQ(workload.barriers.at(0).users, 1);
  EXPECT_EQ(e[15].kind, EventKind::kFork);
  EXPECT_EQ(e[15].object, 1);
  // Bytes count as nanoseconds, and a part of a microsecond counts as one.
  const std::vector<Event>& u = workload.tasks[1].phases[0].events;
  EXPECT_EQ(u[0].us, 1);
  EXPECT_EQ(u[1].us, 2);
  EXPECT_EQ(u[2].us, 1);
}

TEST(Parser, KeysWithoutValue_WhereRtAppsOwnFilesHaveThem) {
  const Workload workload = Parse(R"({"tasks": {
    "t": {"suspend", "run": 1, "suspend" /* c */ , "yield"
          // and here
          }}})");
  const Phase phase = OnlyPhase(workload);
  ASSERT_EQ(phase.events.size(), 4u);
  EXPECT_EQ(phase.events[0].kind, EventKind::kSuspend);
  EXPECT_EQ(phase.events[3].kind, EventKind::kYield);
  EXPECT_EQ(workload.suspensions, std::vector<std::string>{"t"});
}

TEST(Parser, SuspensionPoints_NeedNoTaskIfBothSidesNameThem) {
  const Workload workload = Parse(R"({"tasks": {
    "t": {"suspend": "Browser", "run": 1},
    "u": {"run": 1, "resume": "Browser", "resume": "t"}}})");
  EXPECT_EQ(workload.suspensions, (std::vector<std::string>{"Browser", "t"}));
}

TEST(Parser, Barrier_CountsMentionsTimesInstances) {
  const Workload workload = Parse(R"({"tasks": {
    "t": {"barrier": "b", "run": 1, "barrier": "b", "instance": 3},
    "u": {"barrier": "b", "run": 1}}})");
  EXPECT_EQ(workload.barriers.at(0).users, 7);
}

TEST(Parser, Phases_WithLoopsAndSettings) {
  const Workload workload = Parse(R"({"tasks": {"t": {
    "loop": 5, "cpus": [3, 1, 3], "delay": 70, "instance": 2,
    "phases": {
      "one": {"loop": 10, "run": 1, "cpus": [0]},
      "ever": {"loop": 0, "run": 2},
      "two": {"sleep": 3, "priority": -3},
      "two": {"run": 4, "policy": "SCHED_RR"}}}}})");
  const TaskSpec& task = workload.tasks.at(0);
  EXPECT_EQ(task.loop, 5);
  EXPECT_EQ(task.delay_us, 70);
  EXPECT_EQ(task.instances, 2);
  EXPECT_EQ(task.cpus, (std::vector<int>{1, 3}));
  ASSERT_EQ(task.phases.size(), 4u);
  EXPECT_EQ(task.phases[0].loop, 10);
  EXPECT_EQ(task.phases[0].cpus, std::vector<int>{0});
  EXPECT_EQ(task.phases[1].loop, kForever);
  EXPECT_EQ(task.phases[2].events[0].us, 3);
  EXPECT_EQ(task.phases[2].sched.value().priority, -3);
  EXPECT_EQ(task.phases[3].sched.value().policy, TaskPolicy::kRoundRobin);
  EXPECT_EQ(task.phases[3].sched->priority, 10);
}

TEST(Parser, Policies_AndTheirDefaultPriorities) {
  const Workload workload = Parse(R"({
    "tasks": {
      "default": {"run": 1},
      "nice": {"priority": 7, "policy": "SCHED_OTHER", "run": 1},
      "rt": {"policy": "SCHED_FIFO", "priority": 99, "run": 1},
      "idle": {"policy": "SCHED_IDLE", "run": 1},
      "deadline": {"policy": "SCHED_DEADLINE", "dl-runtime": 10,
                   "dl-period": 40, "run": 1},
      "slice": {"policy": "SCHED_OTHER", "dl-runtime": 3000, "run": 1},
      "batch": {"policy": "SCHED_BATCH", "priority": 7, "run": 1}},
    "global": {"default_policy": "SCHED_RR"}})");
  EXPECT_EQ(workload.tasks[0].sched.policy, TaskPolicy::kRoundRobin);
  EXPECT_EQ(workload.tasks[0].sched.priority, 10);
  EXPECT_EQ(ToTaskParams(workload.tasks[1].sched).nice, 7);
  const TaskParams rt = ToTaskParams(workload.tasks[2].sched);
  EXPECT_EQ(rt.sched_class, SchedClass::kFifo);
  EXPECT_EQ(rt.priority, 99);
  EXPECT_EQ(rt.nice, 0);
  EXPECT_EQ(ToTaskParams(workload.tasks[3].sched).sched_class,
            SchedClass::kIdle);
  const TaskParams deadline = ToTaskParams(workload.tasks[4].sched);
  EXPECT_EQ(deadline.sched_class, SchedClass::kDeadline);
  EXPECT_EQ(deadline.runtime_ns, 10'000);
  EXPECT_EQ(deadline.period_ns, 40'000);
  EXPECT_EQ(deadline.deadline_ns, 40'000);
  EXPECT_EQ(ToTaskParams(workload.tasks[5].sched).slice_ns, 3'000'000);
  const TaskParams batch = ToTaskParams(workload.tasks[6].sched);
  EXPECT_EQ(batch.sched_class, SchedClass::kBatch);
  EXPECT_EQ(batch.nice, 7);
}

TEST(Parser, PriorityBeforePolicy_IsTheSame) {
  const Workload workload = Parse(
      R"({"tasks": {"t": {"priority": 50, "policy": "SCHED_RR", "run": 1}}})");
  EXPECT_EQ(workload.tasks[0].sched.priority, 50);
}

TEST(Parser, GlobalAfterTasks_StillHasTheirDefaultPolicy) {
  const Workload workload = Parse(R"({
    "global": {"default_policy": "SCHED_FIFO"}, "tasks": {"t": {"run": 1}}})");
  EXPECT_EQ(workload.tasks[0].sched.policy, TaskPolicy::kFifo);
}

TEST(Parser, SettingsOfRtAppAlone_AreNotedOnceEach) {
  const Workload workload = Parse(R"({
  "tasks": {
    "t": {"taskgroup": "/a", "run": 1}, "u": {"taskgroup": "/b", "run": 1}},
  "resources": {"m": {"type": "mutex"}},
  "global": {"duration": 1, "calibration": "CPU0", "logdir": "./",
             "ftrace": "main,task"}
})");
  ASSERT_EQ(workload.notes.size(), 5u);
  EXPECT_EQ(workload.notes[0],
            "w.json:4:3: key \"resources\": ignored: rt-app makes resources as "
            "they are used");
  EXPECT_EQ(workload.notes[1],
            "w.json:5:29: key \"calibration\": ignored: it concerns rt-app "
            "only");
  EXPECT_EQ(workload.notes[4],
            "w.json:3:11: key \"taskgroup\": ignored: the simulated machine "
            "has nothing like it");
}

TEST(Parser, ByteOrderMark_IsNoted) {
  const Workload workload =
      Parse("\xEF\xBB\xBF{\"tasks\": {\"t\": {\"run\": 1}}}");
  EXPECT_EQ(workload.tasks.size(), 1u);
  EXPECT_EQ(
      workload.notes,
      std::vector<std::string>{
          "w.json:1:1: the byte-order mark is ignored; rt-app refuses it"});
}

TEST(Parser, EscapesInNames_AreResolved) {
  const Workload workload =
      Parse(R"({"tasks": {"a\"b\u00e4\n": {"lock": "\\", "run": 1}}})");
  EXPECT_EQ(workload.tasks[0].name, "a\"bä\n");
  EXPECT_EQ(workload.mutexes[0], "\\");
}

// In the style of rt-app's own examples: a browser whose threads wake each
// other at named points, and a decoder with a condition.
TEST(Parser, WorkloadInTheStyleOfRtAppsExamples) {
  const Workload workload = Parse(R"({
	"tasks" : {
		"Main" : {
			"loop" : 3,
			"phases" : {
				"start" : {
					"loop" : 1,
					"sleep" : 400000,
					"run" : 15000,
					"resume" : "Paint",
					"run" :  7000,
				},
				"render" : { "loop" : 50, "resume" : "Helper", "run" : 3000 },
				"stop" : { "run" : 2000, "suspend" : "Paint" },
			}
		},
		"Helper1" : { "priority" : -6, "loop" : -1, "suspend" : "Helper", "run" : 100 },
		"Helper2" : { "priority" : -6, "loop" : -1, "suspend" : "Helper", "run" : 100 },
		"Display" : {
			"priority" : -6,
			"suspend" : "Paint",
			"lock" : "mutex11",
			"sync" : { "ref" : "queue11", "mutex": "mutex11" },
			"unlock" : "mutex11",
			"run" : 300
		},
		"Dummy" : {
			"lock" : "mutex11",
			"wait" : { "ref" : "queue11", "mutex": "mutex11" },
			"unlock" : "mutex11",
			"run" : 200,
			"lock" : "mutex11",
			"signal" : "queue11",
			"unlock" : "mutex11",
		},
		"Tick" : {
			"priority" : -19,
			"cpus" : [0],
			"phases" : {
				"p1" : { "loop" : 1, "resume" : "Paint",
					"timer" :  { "ref" : "tick", "period": 6000 } },
				"p2" : { "loop" : 4, "timer" :  { "ref" : "tick", "period": 6000 } }
			}
		},
	},
	"global" : {
		"default_policy" : "SCHED_OTHER",
		"duration" : 6,
		"ftrace" : "none",
		"gnuplot" : false,
		"lock_pages" : true,
		"frag" : 1,
		"calibration" : "CPU0"
	}
}
)");
  EXPECT_EQ(workload.tasks.size(), 6u);
  EXPECT_EQ(workload.tasks[0].phases.size(), 3u);
  EXPECT_EQ(workload.notes.size(), 5u);
}

TEST(Parser, LoopsForever_IsOfTheTaskOrOfAPhase) {
  const Workload workload = Parse(R"({"tasks": {
    "a": {"run": 1}, "b": {"loop": 3, "run": 1},
    "c": {"loop": 1, "phases": {"p": {"loop": -1, "run": 1}}},
    "d": {"loop": 0, "phases": {"p": {"run": 1}}},
    "e": {"loop": 0, "run": 1}, "f": {"loop": -7, "run": 1}}})");
  EXPECT_TRUE(workload.tasks[0].LoopsForever());
  EXPECT_FALSE(workload.tasks[1].LoopsForever());
  EXPECT_TRUE(workload.tasks[2].LoopsForever());
  EXPECT_FALSE(workload.tasks[3].LoopsForever());
  // Without phases, the loops are those of the only phase.
  EXPECT_TRUE(workload.tasks[4].LoopsForever());
  EXPECT_TRUE(workload.tasks[5].LoopsForever());
}

}  // namespace
}  // namespace jiffy::sched::sim
