// The trace file records what happened: who ran, why each turn ended, who woke
// whom.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/trace_json.h"

namespace jiffy {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string TempPath(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

class TraceFileTest : public EveryRunModeTest {
 protected:
  TraceFileTest() {
    options_.trace_file = path_;
    repetitions_ = 1;
    spare_slots_ = 1000;
    std::filesystem::remove(path_);
  }

  const std::string path_ = TempPath("trace.json");
};

// Policies whose turns come in a known order.
class KnownOrderTest : public TraceFileTest {
 protected:
  KnownOrderTest() { options_.preempt = false; }
};

TEST_P(KnownOrderTest, Turns_EndForTheReasonsThatTheyDid) {
  Run([] {
    Mutex mutex;
    Channel<int> channel;
    mutex.lock();
    Thread yields({.name = "yields"}, [] {
      this_thread::Yield();
      this_thread::Yield();
    });
    Thread sleeps({.name = "sleeps"},
                  [] { this_thread::SleepFor(absl::Microseconds(300)); });
    Thread locks({.name = "locks"}, [&] {
      mutex.lock();
      mutex.unlock();
    });
    Thread receives({.name = "receives"}, [&] { channel.Receive(); });
    Thread joins({.name = "joins"}, [&] { EXPECT_TRUE(locks.Join().ok()); });
    this_thread::Yield();
    mutex.unlock();
    channel.Send(1).IgnoreError();
  });
  const TraceJson trace(path_);
  EXPECT_EQ(trace.Ends("yields"), "yielded, yielded, finished");
  EXPECT_EQ(trace.Ends("sleeps"), "blocked on a time, finished");
  EXPECT_EQ(trace.Ends("locks"), "blocked on a Mutex, finished");
  EXPECT_EQ(trace.Ends("receives"),
            "blocked on a Channel to give a value, finished");
  EXPECT_EQ(trace.Ends("joins"), "blocked on the end of a thread, finished");
  EXPECT_THAT(trace.Ends("main"), ::testing::EndsWith("finished"));
}

MATCHER_P3(Leads, name, from, to, "") {
  return arg.name == name && arg.from == from && arg.to == to;
}

TEST_P(KnownOrderTest, Arrows_LeadFromWhoeverWokeOrSpawned) {
  Run([] {
    Event event;
    Thread waits({.name = "waits"}, [&] { event.Wait(); });
    Thread wakes({.name = "wakes"}, [&] { event.Set(); });
    Thread sleeps({.name = "sleeps"},
                  [] { this_thread::SleepFor(absl::Microseconds(300)); });
  });
  const TraceJson trace(path_);
  EXPECT_THAT(trace.arrows(), Contains(Leads("spawn", "main", "waits")));
  EXPECT_THAT(trace.arrows(), Contains(Leads("spawn", "main", "wakes")));
  EXPECT_THAT(trace.arrows(), Contains(Leads("wake-up", "wakes", "waits")));
  // The last one to end wakes the thread that joins it.
  EXPECT_THAT(trace.arrows(), Contains(Leads("wake-up", "sleeps", "main")));
  ASSERT_EQ(trace.marks("sleeps").size(), 1u);
  EXPECT_EQ(trace.marks("sleeps")[0].by, "timer");
  EXPECT_TRUE(trace.marks("waits").empty());
}

TEST_P(KnownOrderTest, WakeupFromOutside_IsMarked) {
  Run([] {
    Event event;
    Thread waits({.name = "waits"}, [&] { event.Wait(); });
    this_thread::Yield();
    std::thread outside([&] { event.Set(); });
    EXPECT_TRUE(waits.Join().ok());
    outside.join();
    // Later actions of a thread are its own.
    Event second;
    Thread again({.name = "again"}, [&] { second.Wait(); });
    this_thread::Yield();
    second.Set();
  });
  const TraceJson trace(path_);
  ASSERT_EQ(trace.marks("waits").size(), 1u);
  EXPECT_EQ(trace.marks("waits")[0].by, "OS thread");
  EXPECT_THAT(trace.arrows(), Contains(Leads("wake-up", "main", "again")));
  EXPECT_TRUE(trace.marks("again").empty());
}

TEST_P(KnownOrderTest, Counter_TellsHowManyWaitForTheCpu) {
  Run([] {
    std::vector<Thread> threads;
    for (int i = 0; i < 7; ++i) threads.emplace_back([] {});
  });
  EXPECT_EQ(TraceJson(path_).most_runnable(), 7);
}

// The runnable threads at the start of the trace become known only later.
TEST_P(KnownOrderTest, FullRing_CountsThoseWhoWaitedBefore) {
  options_.trace_capacity = 100;
  Run([] {
    std::vector<Thread> threads;
    for (int i = 0; i < 10; ++i) {
      threads.emplace_back([] {
        for (int n = 0; n < 50; ++n) this_thread::Yield();
      });
    }
  });
  const TraceJson trace(path_);
  EXPECT_EQ(trace.global_marks().size(), 1u);
  EXPECT_EQ(trace.first_runnable(), 9);
}

TEST_P(KnownOrderTest, Names_OfAnyBytes_AreShown) {
  Run([] {
    Thread quoted({.name = "\"a\\b\"\n"}, [] {});
    Thread utf8({.name = "größe"}, [] {});
    Thread broken({.name = "x\xff"}, [] {});
    Thread unnamed([] {});
  });
  const TraceJson trace(path_);
  for (const char* name :
       {"main", "\"a\\b\"\n", "größe", "x\xef\xbf\xbd", "thread-5"}) {
    EXPECT_THAT(trace.threads(), Contains(name));
  }
}

TEST_P(TraceFileTest, EachRun_ReplacesTheFile) {
  options_.measure_time = true;
  repetitions_ = 3;
  Run([] {});
  EXPECT_EQ(TraceJson(path_).Ends("main"), "finished");
}

TEST_P(TraceFileTest, FullRing_TellsOfTheNewestAndHowMuchIsLost) {
  options_.trace_capacity = 100;
  const CapturedStderr errors;
  Run([] {
    TraceScope scope("outer");
    for (int i = 0; i < 100; ++i) {
      Thread thread({.name = "short"}, [] {
        TraceScope inner("inner");
        this_thread::Yield();
      });
      EXPECT_TRUE(thread.Join().ok());
    }
  });
  const TraceJson trace(path_);
  ASSERT_EQ(trace.global_marks().size(), 1u);
  EXPECT_THAT(trace.global_marks()[0], HasSubstr("older events lost: "));
  EXPECT_THAT(errors.Text(), HasSubstr(path_ + " lacks the oldest "));
  EXPECT_THAT(errors.Text(), HasSubstr("trace_capacity"));
  EXPECT_THAT(trace.threads(), Contains("main"));
  EXPECT_THAT(trace.threads(), Contains("short"));
  // It began before the oldest event that is still stored.
  ASSERT_EQ(trace.slices("main: spans").size(), 1u);
  EXPECT_EQ(trace.slices("main: spans")[0].since_ns,
            trace.slices("worker 0")[0].since_ns);
  // Both places give the same number.
  const std::string lost =
      trace.global_marks()[0].substr(std::string("older events lost: ").size());
  EXPECT_THAT(errors.Text(), HasSubstr("lacks the oldest " + lost + " "));
  EXPECT_GT(std::stoi(lost), 0);
}

TEST_P(TraceFileTest, RoomEnough_SaysNothing) {
  const CapturedStderr errors;
  Run([] {});
  EXPECT_EQ(errors.Text(), "");
  EXPECT_TRUE(TraceJson(path_).global_marks().empty());
}

TEST_P(TraceFileTest, SwitchTrace_IsThereToo) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok());
  EXPECT_TRUE(runtime->Run([] { Thread thread([] {}); }).ok());
  const SwitchTrace trace = runtime->TakeTrace();
  EXPECT_EQ(trace.records.size(), runtime->Stats().switches);
}

TEST_P(TraceFileTest, Deadlock_IsInTheTrace) {
  const absl::Status status = RunOnce([] {
    Mutex mutex;
    mutex.lock();
    Thread stuck({.name = "stuck"}, [&mutex] {
      TraceScope scope("for ever");
      mutex.lock();
    });
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const TraceJson trace(path_);
  EXPECT_THAT(trace.Ends("stuck"), ::testing::EndsWith("blocked on a Mutex"));
  ASSERT_EQ(trace.slices("stuck: spans").size(), 1u);
  EXPECT_EQ(trace.slices("stuck: spans")[0].end, "of trace");
}

// Lets only the first thread run.
class OnlyTheFirst final : public sched::Scheduler {
 public:
  std::string_view name() const override { return "only-the-first"; }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason) override {
    if (first_ == nullptr) first_ = &entity;
    waits_ = waits_ || &entity == first_;
  }
  void Dequeue(sched::Entity&, sched::DequeueReason) override {}
  sched::Entity* PickNext() override {
    return std::exchange(waits_, false) ? first_ : nullptr;
  }
  bool Tick(sched::Entity&, int) override { return false; }

 private:
  sched::Entity* first_ = nullptr;
  bool waits_ = false;
};

TEST_P(KnownOrderTest, ThreadThatIsNeverChosen_IsRunnableToTheEnd) {
  if (OsThreads() == 0) {
    GTEST_SKIP() << "an emulator does not tell whether another OS thread could "
                    "wake somebody, so the run never ends";
  }
  options_.policy = [](const sched::PolicyConfig&) {
    return std::make_unique<OnlyTheFirst>();
  };
  const absl::Status status = RunOnce([] {
    Thread starved({.name = "starved"}, [] {});
    EXPECT_TRUE(starved.Detach().ok());
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  const TraceJson trace(path_);
  EXPECT_EQ(trace.Ends("main"), "finished");
  ASSERT_EQ(trace.slices("starved").size(), 1u);
  const TraceSlice& wait = trace.slices("starved")[0];
  EXPECT_EQ(wait.name, "runnable");
  EXPECT_EQ(wait.end, "of trace");
  EXPECT_EQ(wait.until_ns, trace.slices("main").back().until_ns);
}

TEST_P(TraceFileTest, ExceptionOfMain_LeavesATrace) {
  EXPECT_THROW(RunOnce([] { throw std::runtime_error("x"); }).IgnoreError(),
               std::runtime_error);
  EXPECT_EQ(TraceJson(path_).Ends("main"), "finished");
}

TEST_P(TraceFileTest, Fork_LeavesTheFileToTheParent) {
  pid_t child = -1;
  const absl::Status status = RunOnce([&] {
    child = fork();
    if (child <= 0) return;
    int child_status = -1;
    EXPECT_EQ(waitpid(child, &child_status, 0), child);
    EXPECT_EQ(child_status, 0);
  });
  if (child == 0) {
    const bool good = status.ok() && !std::filesystem::exists(path_);
    _exit(good ? 0 : 1);
  }
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(TraceJson(path_).threads(), std::vector<std::string>{"main"});
}

INSTANTIATE_TEST_SUITE_P(RunModes, TraceFileTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);
INSTANTIATE_TEST_SUITE_P(RunModes, KnownOrderTest,
                         ::testing::Values(RunMode{"rr", false},
                                           RunMode{"rr", true}),
                         RunModeName);

// Destination of a trace, and the error if it cannot be written there.

class Environment {
 public:
  explicit Environment(const std::string& value) {
    setenv("JIFFY_TRACE", value.c_str(), 1);
  }
  ~Environment() { unsetenv("JIFFY_TRACE"); }
};

// Returns the status of a run that must not have begun.
absl::Status Refused(const RuntimeOptions& options) {
  bool ran = false;
  absl::Status status = jiffy::Run(options, [&] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_FALSE(status.ok());
  return status;
}

TEST(TracePath, NotWritable_IsAnErrorBeforeTheRun) {
  const absl::Status status = Refused({.trace_file = "/none/such.json"});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("trace_file = \"/none/such.json\": cannot write"));
}

TEST(TracePath, OfTheEnvironment_NotWritable_IsAnErrorBeforeTheRun) {
  const Environment environment("/none/such.json");
  EXPECT_THAT(std::string(Refused({}).message()),
              HasSubstr("JIFFY_TRACE = \"/none/such.json\": cannot write"));
}

TEST(TracePath, OfTheEnvironment_IsUsed) {
  const std::string path = TempPath("environment.json");
  std::filesystem::remove(path);
  const Environment environment(path);
  EXPECT_TRUE(jiffy::Run({}, [] {}).ok());
  EXPECT_EQ(TraceJson(path).Ends("main"), "finished");
}

TEST(TracePath, OfTheOptions_GoesFirst) {
  const std::string path = TempPath("options.json");
  const Environment environment("/none/such.json");
  EXPECT_TRUE(jiffy::Run({.trace_file = path}, [] {}).ok());
  EXPECT_EQ(TraceJson(path).Ends("main"), "finished");
}

TEST(TracePath, EmptyEnvironment_IsNone) {
  const Environment environment("");
  EXPECT_TRUE(jiffy::Run({}, [] {}).ok());
}

TEST(TracePath, FullDisk_IsAnErrorAfterTheRun) {
  bool ran = false;
  const absl::Status status =
      jiffy::Run({.trace_file = "/dev/full"}, [&] { ran = true; });
  EXPECT_TRUE(ran);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/dev/full"));
}

TEST(TracePath, RunThatFails_LeavesNoFile) {
  const std::string folder = TempPath("trace_file_test.folder");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  Refused({.scheduler = "none", .trace_file = folder + "/trace.json"})
      .IgnoreError();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(TraceCapacity, TooLarge_IsRefused) {
  EXPECT_THAT(
      std::string(Refused({.trace_capacity = kMaxTraceCapacity + 1}).message()),
      HasSubstr("trace_capacity = 268435457: must be at most 268435456"));
}

}  // namespace
}  // namespace jiffy
