// A deadlock through the primitives ends the run and reports who waits for
// what, who holds it, and the cycle; but not while an OS thread may still wake
// a thread.
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class SyncDeadlockTest : public SyncTest {
 protected:
  std::string Deadlock(absl::FunctionRef<void()> fn) {
    const absl::Status status = RunOnce(fn);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    spare_slots_ += stats().most_threads;
    return std::string(status.message());
  }
};

// They outlive the runs, so that the abandoned threads do not destroy them.
struct Locks {
  Mutex a;
  Mutex b;
  SharedMutex shared;
};

TEST_P(SyncDeadlockTest, TwoMutexesInOppositeOrder_NamesTheCycle) {
  auto* locks = new Locks;
  const std::string text = Deadlock([&] {
    Event one_has_a;
    Event two_has_b;
    Thread one({.name = "one"}, [&] {
      locks->a.lock();
      one_has_a.Set();
      two_has_b.Wait();
      locks->b.lock();
    });
    Thread two({.name = "two"}, [&] {
      locks->b.lock();
      two_has_b.Set();
      one_has_a.Wait();
      locks->a.lock();
    });
    one.Join().IgnoreError();
  });
  EXPECT_THAT(text, HasSubstr("deadlock: all 3 threads wait"));
  EXPECT_THAT(text, HasSubstr("'one' (#2) waits for a Mutex at 0x"));
  EXPECT_THAT(text, HasSubstr("held by 'two' (#3), since "));
  EXPECT_THAT(text, HasSubstr("'main' (#1) waits for 'one' (#2) to end"));
  EXPECT_THAT(text,
              AnyOf(HasSubstr("cycle: 'one' (#2) -> 'two' (#3) -> 'one'"),
                    HasSubstr("cycle: 'two' (#3) -> 'one' (#2) -> 'two'")));
}

TEST_P(SyncDeadlockTest, JoinUnderAMutex_NamesTheMixedCycle) {
  auto* mutex = new Mutex;
  const std::string text = Deadlock([&] {
    mutex->lock();
    Thread worker({.name = "worker"}, [&] { mutex->lock(); });
    worker.Join().IgnoreError();
  });
  EXPECT_THAT(text, HasSubstr("'worker' (#2) waits for a Mutex at 0x"));
  EXPECT_THAT(text, HasSubstr("held by 'main' (#1)"));
  EXPECT_THAT(text,
              AnyOf(HasSubstr("'main' (#1) -> 'worker' (#2) -> 'main'"),
                    HasSubstr("'worker' (#2) -> 'main' (#1) -> 'worker'")));
}

TEST_P(SyncDeadlockTest, EveryKindOfWait_IsNamed) {
  auto* event = new Event;
  auto* channel = new Channel<int>;
  auto* semaphore = new CountingSemaphore<>(0);
  auto* shared = new SharedMutex;
  const std::string text = Deadlock([&] {
    shared->lock();
    Thread a({.name = "a"}, [&] { event->Wait(); });
    Thread b({.name = "b"}, [&] { channel->Receive(); });
    Thread c({.name = "c"}, [&] { semaphore->acquire(); });
    Thread d({.name = "d"}, [&] { shared->lock_shared(); });
    a.Join().IgnoreError();
  });
  EXPECT_THAT(text, HasSubstr("'a' (#2) waits for an Event"));
  EXPECT_THAT(text, HasSubstr("'b' (#3) waits for a Channel to give a value"));
  EXPECT_THAT(text, HasSubstr("'c' (#4) waits for a CountingSemaphore"));
  EXPECT_THAT(text, HasSubstr("'d' (#5) waits for a SharedMutex"));
}

// The primitives can be used in the next run: the abandoned threads are no
// longer in their queues.
TEST_P(SyncDeadlockTest, PrimitivesThatThreadsWereGivenUpIn_WorkInTheNextRun) {
  Event event(Event::Reset::kAuto);
  Channel<int> channel;
  Deadlock([&] {
    Thread a([&] { channel.Receive(); });
    event.Wait();
  });
  Run([&] {
    Thread b([&] { EXPECT_EQ(channel.Receive(), 7); });
    EXPECT_TRUE(channel.Send(7).ok());
    event.Set();
    EXPECT_TRUE(event.IsSet()) << "nobody waits for it";
    event.Clear();
    EXPECT_TRUE(b.Join().ok());
  });
}

TEST_P(SyncDeadlockTest, OsThreadMayStillWake_IsNoDeadlock) {
  Run([] {
    Event event;
    // Longer than the interval of the first checks for other threads.
    std::thread os([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      event.Set();
    });
    EXPECT_EQ(event.Wait(), WaitResult::kReady);
    os.join();
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, SyncDeadlockTest,
                         ::testing::ValuesIn(SyncModes()), RunModeName);

}  // namespace
}  // namespace jiffy
