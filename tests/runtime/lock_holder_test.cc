// A thread that is preempted while it holds a library's lock runs next, as soon
// as a tick finds another thread that waits for it; and the policy is told
// correctly.
#include <cstdint>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/runtime/lock_library.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/watched_run.h"

namespace jiffy {
namespace {

// Longer than any wait here, but finite.
constexpr uint64_t kManySteps = 20'000'000'000;

// Long enough for a thread that only computes to get a turn under every policy.
void Pause() { this_thread::SleepFor(absl::Milliseconds(2)); }

// Policies under which a tick takes the CPU from a thread that only computes.
std::vector<std::string> PreemptivePolicies() {
  std::vector<std::string> names = PolicyNames();
  std::erase_if(names, [](const std::string& name) {
    return name == "fifo" || name == "edf";
  });
  return names;
}

// A lock of the library, taken in two ways.
struct LibraryLock {
  void Take() {
    LockLibrary().lock(&word);
    LockLibrary().unlock(&word);
  }
  void Hold(LockMeeting& meeting) {
    LockLibrary().hold(&word, &meeting, kManySteps);
  }
  uint32_t word = 0;
};

class LockHolderBase : public PreemptedInLibrariesTest {
 protected:
  LockHolderBase() { spare_slots_ = 128; }

  void SetUp() override {
    PreemptedInLibrariesTest::SetUp();
    LockLibrary();
  }
  void TearDown() override {
    testing::ForceTicksInLibc(false);
    RunTest::TearDown();
  }

  // Starts threads that count one turn each and take the lock once the meeting
  // is open.
  std::vector<Thread> StartWaiters(int count, LockMeeting& meeting,
                                   const std::function<void()>& take) {
    int ready = 0;
    std::vector<Thread> waiters;
    for (int i = 0; i < count; ++i) {
      waiters.emplace_back(ShortTurns(), [this, &ready, &meeting, take] {
        ++ready;
        while (!meeting.open) await_open_();
        meeting.turns = meeting.turns + 1;
        take();
      });
    }
    while (ready < count) Pause();
    return waiters;
  }

  // Returns how many of 50 threads, all waiting for the lock, had a turn before
  // the holder ran again.
  int TurnsUntilTheHolderRuns(const std::function<void()>& take,
                              absl::FunctionRef<void(LockMeeting&)> hold) {
    LockMeeting meeting;
    Run([&] {
      std::vector<Thread> waiters = StartWaiters(50, meeting, take);
      Thread holder(ShortTurns(), [&] { hold(meeting); });
      for (Thread& waiter : waiters) EXPECT_TRUE(waiter.Join().ok());
      EXPECT_TRUE(holder.Join().ok());
    });
    EXPECT_EQ(account_.mistake, nullptr) << account_.mistake;
    return meeting.seen;
  }

  // Waiters call this repeatedly until the meeting is open.
  void (*await_open_)() = &Pause;
};

class LockHolderTest : public LockHolderBase,
                       public ::testing::WithParamInterface<std::string> {};
class ForbiddingPolicyTest : public LockHolderBase {};

// One turn, and those that a tick interrupts on their way to the lock.
constexpr int kOneTurn = 4;

TEST_P(LockHolderTest, LibraryHolder_OthersWantTheLock_RunsAfterOneTurn) {
  Watch(GetParam());
  LibraryLock lock;
  const int turns = TurnsUntilTheHolderRuns(
      [&] { lock.Take(); }, [&](LockMeeting& meeting) { lock.Hold(meeting); });
  EXPECT_GE(turns, 1);
  EXPECT_LE(turns, kOneTurn);
}

// The lock of a FILE, whose holder is in libc or in a library called by libc.
class FileHolderTest : public LockHolderTest {
 protected:
  void HoldAFile(void (*meet)(LockMeeting*, uint64_t)) {
    Watch(GetParam());
    struct Cookie {
      LockMeeting* meeting = nullptr;
      void (*meet)(LockMeeting*, uint64_t);
    } cookie = {.meet = meet};
    cookie_io_functions_t io = {};
    io.write = [](void* argument, const char*, size_t size) {
      auto& of = *static_cast<Cookie*>(argument);
      if (of.meeting != nullptr) {
        of.meet(std::exchange(of.meeting, nullptr), kManySteps);
      }
      return static_cast<ssize_t>(size);
    };
    FILE* const file = fopencookie(&cookie, "w", io);
    ASSERT_NE(file, nullptr);
    setvbuf(file, nullptr, _IONBF, 0);
    const int turns =
        TurnsUntilTheHolderRuns([file] { fputc('x', file); },
                                [file, &cookie](LockMeeting& meeting) {
                                  cookie.meeting = &meeting;
                                  fputc('y', file);
                                });
    fclose(file);
    EXPECT_GE(turns, 1);
    EXPECT_LE(turns, kOneTurn);
  }
};

TEST_P(FileHolderTest, InALibrary_OthersWantTheFile_RunsAfterOneTurn) {
  HoldAFile(LockLibrary().meet);
}

TEST_P(FileHolderTest, InLibc_OthersWantTheFile_RunsAfterOneTurn) {
  testing::ForceTicksInLibc(true);
  HoldAFile(LockLibrary().meet_in_libc);
}

// Without the policy's consent, each of the others keeps the CPU for a tick.
TEST_F(ForbiddingPolicyTest, OthersWantTheLock_AllHaveATurn) {
  Watch("rr", /*may_run_before_turn=*/false);
  // All are in the queue when the holder is put at its end.
  await_open_ = [] { this_thread::Yield(); };
  LibraryLock lock;
  const int turns = TurnsUntilTheHolderRuns(
      [&] { lock.Take(); }, [&](LockMeeting& meeting) { lock.Hold(meeting); });
  EXPECT_GE(turns, 40);
  EXPECT_EQ(account_.taken, 0u);
}

// A thread that leaves the library while it runs before its turn, and at once
// does something that affects its turn.
class OutOfTurnTest : public LockHolderTest {
 protected:
  // Fails unless the account is right and some threads ran before their turn.
  void ActAfter(absl::FunctionRef<void()> act) {
    Watch(GetParam());
    uint64_t wrong = 0;
    Run([&] {
      for (int round = 0; round < 5; ++round) {
        LibraryLock lock;
        LockMeeting meeting;
        std::vector<Thread> waiters =
            StartWaiters(3, meeting, [&] { lock.Take(); });
        bool done = false;
        Thread holder(ShortTurns(), [&] {
          lock.Hold(meeting);
          act();
          done = true;
        });
        for (Thread& waiter : waiters) wrong += !waiter.Join().ok();
        wrong += !holder.Join().ok() || !done;
      }
    });
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(account_.mistake, nullptr) << account_.mistake;
    EXPECT_EQ(account_.attached, account_.detached);
    EXPECT_GT(account_.taken, 0u);
  }
};

TEST_P(OutOfTurnTest, Ends_Works) {
  ActAfter([] {});
}

TEST_P(OutOfTurnTest, Yields_Works) {
  ActAfter([] {
    for (int i = 0; i < 3; ++i) this_thread::Yield();
  });
}

TEST_P(OutOfTurnTest, Sleeps_Works) {
  ActAfter([] { this_thread::SleepFor(absl::Microseconds(50)); });
}

TEST_P(OutOfTurnTest, WaitsForAThread_Works) {
  ActAfter([] {
    Event set;
    Thread setter([&set] { set.Set(); });
    set.Wait();
    EXPECT_TRUE(setter.Join().ok());
  });
}

TEST_P(OutOfTurnTest, SpawnsOneThatRunsFirst_Works) {
  ActAfter([] {
    bool ran = false;
    Thread child({.child_runs_first = true}, [&ran] { ran = true; });
    EXPECT_TRUE(child.Join().ok());
    EXPECT_TRUE(ran);
  });
}

TEST_P(OutOfTurnTest, Throws_Works) {
  ActAfter([] {
    EXPECT_THROW(throw std::runtime_error("out of turn"), std::runtime_error);
  });
}

TEST_P(OutOfTurnTest, KeepsPreemptionOff_Works) {
  ActAfter([] {
    const NoPreempt guard;
    this_thread::Yield();
    SpinForTicks(2);
  });
}

TEST_P(OutOfTurnTest, Computes_Works) {
  ActAfter([] { SpinForTicks(3); });
}

// Programs whose code is in shared objects run inside libraries: such a thread
// may hold a lock, and may compute for ever.
TEST_P(OutOfTurnTest, NeverLeavesTheLibrary_OthersRunAllTheSame) {
  Watch(GetParam());
  LibraryLock lock = {.word = 1};
  LockMeeting computing;
  computing.until = 1;
  LockMeeting waiting;
  Run([&] {
    Thread computer(ShortTurns(),
                    [&] { LockLibrary().meet(&computing, kManySteps); });
    std::vector<Thread> waiters =
        StartWaiters(3, waiting, [&] { lock.Take(); });
    Thread other(ShortTurns(), [&] {
      while (!computing.open) Pause();
      waiting.open = true;
      while (waiting.turns < 3) Pause();
      // The waiters are in the kernel, or set aside.
      SpinForTicks(20);
      LockLibrary().unlock(&lock.word);
      computing.turns = 1;
    });
    EXPECT_TRUE(other.Join().ok());
    EXPECT_TRUE(computer.Join().ok());
    for (Thread& waiter : waiters) EXPECT_TRUE(waiter.Join().ok());
  });
  EXPECT_EQ(computing.seen, 1) << "the other had no turn";
  EXPECT_EQ(account_.mistake, nullptr) << account_.mistake;
}

INSTANTIATE_TEST_SUITE_P(, LockHolderTest,
                         ::testing::ValuesIn(PreemptivePolicies()),
                         [](const auto& info) { return TestName(info.param); });
INSTANTIATE_TEST_SUITE_P(, FileHolderTest,
                         ::testing::ValuesIn(PreemptivePolicies()),
                         [](const auto& info) { return TestName(info.param); });
INSTANTIATE_TEST_SUITE_P(, OutOfTurnTest,
                         ::testing::ValuesIn(PreemptivePolicies()),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace jiffy
