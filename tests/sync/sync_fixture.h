// Common code of the tests of primitives.
#ifndef JIFFY_TESTS_SYNC_SYNC_FIXTURE_H_
#define JIFFY_TESTS_SYNC_SYNC_FIXTURE_H_

#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {

// Number of threads, and of repetitions of each, in a test of exclusion.
inline constexpr int kCrowd = 8;
inline constexpr int kRounds = 2'000;

// Runs under slices of 100 us. Checks for leaks, as RunTest does.
class SyncTest : public EveryRunModeTest {
 protected:
  SyncTest() {
    options_.time_slice = absl::Microseconds(100);
    options_.tick = absl::Microseconds(100);
  }
};

// Policies that preempt, by slices and by counters, and one that does not.
inline std::vector<RunMode> SyncModes() {
  return {{.scheduler = "rr"},
          {.scheduler = "linux-0.01"},
          {.scheduler = "fifo"},
          {.scheduler = "rr", .shared_tls = true}};
}

// Returns once the thread, just started, has given up the CPU to wait. Sleeps
// longer each time: a caller that takes the CPU when it wakes must leave the
// thread enough to get there.
inline void AwaitBlocked(const Thread& thread) {
  // A libc or sanitizer lock may have switched the thread away before: it then
  // continues while the caller sleeps.
  ThreadStats before;
  ThreadStats now = thread.Stats();
  absl::Duration pause = absl::Microseconds(1);
  do {
    this_thread::SleepFor(pause);
    pause *= 2;
    before = now;
    now = thread.Stats();
  } while (now.voluntary_switches == 0 ||
           now.voluntary_switches != before.voluntary_switches ||
           now.preemptions != before.preemptions);
}

inline void JoinAll(std::vector<Thread>& threads) {
  for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
}

}  // namespace jiffy

#endif  // JIFFY_TESTS_SYNC_SYNC_FIXTURE_H_
