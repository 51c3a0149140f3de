// Operations of a handle: join, detach, move, destroy.
#include <pthread.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Matches an error whose message contains each of the strings.
MATCHER_P(IsFailedPrecondition, what, "") {
  return absl::IsFailedPrecondition(arg) &&
         ::testing::ExplainMatchResult(
             HasSubstr(what), std::string(arg.message()), result_listener);
}

class ThreadHandleTest : public EveryRunModeTest {};

TEST(ThreadHandle, Default_HoldsNothing) {
  Thread thread;
  EXPECT_FALSE(thread.Joinable());
  EXPECT_EQ(thread.Id(), 0u);
  EXPECT_FALSE(thread.RequestStop());
  EXPECT_FALSE(thread.GetStopSource().stop_possible());
  EXPECT_EQ(thread.Stats().id, 0u);
  EXPECT_THAT(thread.Join(), IsFailedPrecondition("Join: no thread here"));
  EXPECT_THAT(thread.Detach(), IsFailedPrecondition("Detach: no thread here"));
}

TEST_P(ThreadHandleTest, Join_WaitsForTheEndAndEmptiesTheHandle) {
  Run([] {
    bool ended = false;
    Thread thread([&] {
      for (int i = 0; i < 10; ++i) this_thread::Yield();
      ended = true;
    });
    EXPECT_TRUE(thread.Joinable());
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(ended);
    EXPECT_FALSE(thread.Joinable());
  });
}

TEST_P(ThreadHandleTest, Join_AfterTheEnd_ReturnsAtOnce) {
  Run([] {
    std::atomic<bool> ended = false;
    Thread thread([&] { ended = true; });
    while (!ended) this_thread::Yield();
    for (int i = 0; i < 10; ++i) this_thread::Yield();
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(ThreadHandleTest, Join_Twice_IsRefused) {
  Run([] {
    Thread thread([] {});
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_THAT(thread.Join(), IsFailedPrecondition("it was joined"));
  });
}

TEST_P(ThreadHandleTest, Join_Oneself_IsRefusedByName) {
  Run([] {
    Thread thread;
    absl::Status status;
    std::atomic<bool> may_start = false;
    std::atomic<bool> tried = false;
    thread = Thread({.name = "narcissus"}, [&] {
      while (!may_start) this_thread::Yield();
      status = thread.Join();
      tried = true;
    });
    may_start = true;
    while (!tried) this_thread::Yield();
    EXPECT_THAT(status, IsFailedPrecondition("'narcissus' (#2)"));
    EXPECT_THAT(status, IsFailedPrecondition("its own end"));
    EXPECT_TRUE(thread.Joinable());
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(ThreadHandleTest, Join_WhileAnotherJoins_IsRefused) {
  Run([] {
    std::atomic<bool> may_end = false;
    Thread target({.name = "target"}, [&] {
      while (!may_end) this_thread::Yield();
    });
    std::atomic<bool> joins = false;
    absl::Status first = absl::UnknownError("not yet");
    Thread joiner([&] {
      joins = true;
      first = target.Join();
    });
    while (!joins) this_thread::Yield();
    // The first may still be about to call Join; it then waits there for ever.
    absl::Status second;
    do {
      for (int i = 0; i < 100; ++i) this_thread::Yield();
    } while (joiner.Stats().voluntary_switches == 0);
    second = target.Join();
    EXPECT_THAT(second, IsFailedPrecondition("another thread joins it"));
    EXPECT_THAT(second, IsFailedPrecondition("'target' (#2)"));
    may_end = true;
    EXPECT_TRUE(joiner.Join().ok());
    EXPECT_TRUE(first.ok()) << first;
  });
}

TEST_P(ThreadHandleTest, Destructor_RequestsStopAndJoins) {
  Run([] {
    bool stopped = false;
    {
      Thread thread([&](std::stop_token stop) {
        while (!stop.stop_requested()) this_thread::Yield();
        stopped = true;
      });
    }
    EXPECT_TRUE(stopped);
  });
}

TEST_P(ThreadHandleTest, MoveConstruction_EmptiesTheSource) {
  Run([] {
    int runs = 0;
    Thread source([&] { runs++; });
    const uint64_t id = source.Id();
    Thread target(std::move(source));
    EXPECT_FALSE(source.Joinable());  // NOLINT(bugprone-use-after-move): asked.
    EXPECT_EQ(target.Id(), id);
    EXPECT_TRUE(target.Join().ok());
    EXPECT_EQ(runs, 1);
  });
}

TEST_P(ThreadHandleTest, MoveAssignment_EndsWhatItHeld) {
  Run([] {
    bool first_ended = false;
    bool second_ended = false;
    Thread thread([&](std::stop_token stop) {
      while (!stop.stop_requested()) this_thread::Yield();
      first_ended = true;
    });
    thread = Thread([&] { second_ended = true; });
    EXPECT_TRUE(first_ended);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(second_ended);
  });
}

TEST_P(ThreadHandleTest, MoveAssignment_ToItself_KeepsTheThread) {
  Run([] {
    Thread thread([] {});
    Thread& same = thread;
    thread = std::move(same);
    EXPECT_TRUE(thread.Joinable());
    EXPECT_TRUE(thread.Join().ok());
  });
}

TEST_P(ThreadHandleTest, Detach_ThreadRunsOnAndTheRunWaitsForIt) {
  int ended = 0;
  Run([&] {
    Thread thread([&] {
      for (int i = 0; i < 50; ++i) this_thread::Yield();
      ended++;
    });
    EXPECT_TRUE(thread.Detach().ok());
    EXPECT_FALSE(thread.Joinable());
    EXPECT_THAT(thread.Detach(),
                IsFailedPrecondition("it was joined, detached"));
    EXPECT_THAT(thread.Join(), IsFailedPrecondition("it was joined, detached"));
  });
  EXPECT_EQ(ended, repetitions_);
}

TEST_P(ThreadHandleTest, Detach_AfterTheEnd_FreesWhatIsLeft) {
  Run([] {
    std::atomic<bool> ended = false;
    Thread thread([&] { ended = true; });
    while (!ended) this_thread::Yield();
    for (int i = 0; i < 10; ++i) this_thread::Yield();
    EXPECT_TRUE(thread.Detach().ok());
  });
}

// A thread may own its handle: no other thread could release it.
TEST_P(ThreadHandleTest, Destructor_InTheThreadItself_Detaches) {
  Run([] {
    auto handle = std::make_shared<std::optional<Thread>>();
    std::atomic<bool> owned = false;
    std::atomic<bool> dropped = false;
    handle->emplace([&owned, &dropped, handle] {
      while (!owned) this_thread::Yield();
      handle->reset();
      dropped = true;
    });
    handle.reset();
    owned = true;
    while (!dropped) this_thread::Yield();
  });
}

TEST_P(ThreadHandleTest, HandleOutlivesTheRun_StillJoins) {
  Thread kept;
  repetitions_ = 1;
  Run([&] { kept = Thread({.name = "kept"}, [] { SpinForTicks(3); }); });
  EXPECT_TRUE(kept.Stats().finished);
  EXPECT_EQ(kept.Stats().name, "kept");
  EXPECT_TRUE(kept.Join().ok());
}

// An OS thread waits in the kernel for a green thread's end.
TEST_P(ThreadHandleTest, Join_FromOsThread_WaitsForTheEnd) {
  Run([] {
    std::atomic<bool> may_end = false;
    std::atomic<bool> joined = false;
    absl::Status status = absl::UnknownError("not yet");
    Thread target([&] {
      while (!may_end) this_thread::Yield();
    });
    std::thread joiner([&] {
      status = target.Join();
      joined = true;
    });
    for (int i = 0; i < 100; ++i) this_thread::Yield();
    EXPECT_FALSE(joined);
    may_end = true;
    while (!joined) this_thread::Yield();
    joiner.join();
    EXPECT_TRUE(status.ok()) << status;
  });
}

TEST_P(ThreadHandleTest, Join_FromOsThreadAfterTheRun_ReturnsAtOnce) {
  Thread kept;
  repetitions_ = 1;
  Run([&] { kept = Thread([] {}); });
  std::thread([&] { EXPECT_TRUE(kept.Join().ok()); }).join();
}

INSTANTIATE_TEST_SUITE_P(RunModes, ThreadHandleTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
