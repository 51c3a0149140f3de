// Common code of the tests of live runs: a fixture that checks for leaks, and
// ways for a green thread to follow the timer without a wall clock.
#ifndef JIFFY_TESTS_RUNTIME_RUN_FIXTURE_H_
#define JIFFY_TESTS_RUNTIME_RUN_FIXTURE_H_

#include <signal.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"

namespace jiffy {

// Runs functions as a program does, and checks afterwards that nothing is left:
// no stack or thread block, no signal handler, no mask, no alternate stack, no
// change to the OS thread.
class RunTest : public ::testing::Test {
 protected:
  // Time slice and tick are 50 us, or RealTick of that.
  RunTest();
  void SetUp() override;
  void TearDown() override;

  // Runs `fn` with options_, repetitions_ times, in one runtime. Fails unless
  // every run succeeds. `fn` must set up its own state, and not depend on an
  // earlier run.
  void Run(absl::FunctionRef<void()> fn);
  // Runs `fn` once and returns the result.
  absl::Status RunOnce(absl::FunctionRef<void()> fn);
  // Metrics of the last run.
  const RuntimeStats& stats() const { return stats_; }

  RuntimeOptions options_;
  int repetitions_ = 3;
  // Slots that may be in use beyond the maximum of threads alive at once: one
  // for each thread that spawns others, and those of abandoned threads.
  uint64_t spare_slots_ = 1;

 private:
  uint64_t slots_before_ = 0;
  uint64_t most_threads_ = 0;
  RuntimeStats stats_;
  struct sigaction actions_before_[3];
  sigset_t mask_before_;
  stack_t stack_before_;
};

// Settings of a run that should make no difference.
struct RunMode {
  std::string scheduler;
  bool shared_tls = false;
};

inline std::ostream& operator<<(std::ostream& out, const RunMode& mode) {
  return out << mode.scheduler << (mode.shared_tls ? ", shared TLS" : "");
}

// Every policy, with separate thread blocks and with a shared one.
std::vector<RunMode> AllRunModes();
// The modes whose policy takes the CPU from a thread that never yields.
std::vector<RunMode> PreemptiveRunModes();
// The modes in which each thread has its own thread block.
std::vector<RunMode> OwnTlsRunModes();
// The names of all policies, and a policy's name as part of a test's name.
std::vector<std::string> PolicyNames();
std::string TestName(std::string policy);
std::string RunModeName(const ::testing::TestParamInfo<RunMode>& info);

class EveryRunModeTest : public RunTest,
                         public ::testing::WithParamInterface<RunMode> {
 protected:
  EveryRunModeTest() {
    options_.scheduler = GetParam().scheduler;
    options_.shared_tls = GetParam().shared_tls;
  }
};

// Returns why the threads of such a run share the OS thread's thread block;
// empty if each has its own.
std::string SharedTlsReason(const RuntimeOptions& options);

// Skips if threads share the OS thread's thread block even though the options
// do not ask for that.
class OwnTlsTest : public EveryRunModeTest {
 protected:
  void SetUp() override;
};

// Returns the ticks charged to threads so far. Context: green thread.
uint64_t Jiffies();

// Returns the ticks that the timer has delivered, charged or not. Context:
// green thread.
uint64_t TicksDelivered();

// Returns the delivered ticks that were or will be charged to a thread: all but
// the stolen ones. Context: green thread.
uint64_t ChargeableTicks();

// Returns the tick of a run that asks for `wanted`: in valgrind at least the
// time in signals/valgrind.h, in an emulator (tools/cross/emulate.sh) at least
// 200 us. There, on a busy machine, the handler takes as long as a tick of 50
// us, and no thread would make progress.
absl::Duration RealTick(absl::Duration wanted);

// Whether the address is a multiple of `alignment`. Not inline: the compiler
// would take that for granted for an object that it knows.
bool IsAligned(const void* address, size_t alignment);

// Returns the tick to force where a test needs one shorter than users may have:
// longer than the handler takes in an emulator, and than the kernel's signals
// take for i386 on a busy machine.
int64_t ShortTickNs(int64_t wanted_ns);

// Returns how often to repeat what is done `times` times if only time is at
// stake: a twentieth in valgrind, where ticks are about twenty times as long.
constexpr uint64_t Rounds(uint64_t times) {
  return signals::kValgrind ? std::max(times / 20, uint64_t{1}) : times;
}

// Asks the kernel whether the calling OS thread blocks the tick's signal,
// SIGALRM. That is so in a program's handler that runs inside the tick's: the
// kernel chooses the order of two signals that come at once. Linux makes the
// tick the inner one of signals with lower numbers; valgrind not always.
bool TickIsBlocked();

// Options of a thread with the shortest turn that the run's policy allows: a
// tick.
// Context: green thread.
ThreadOptions ShortTurns();

// Computes until `ticks` chargeable ticks were delivered, without a call that
// lets other threads run. Context: green thread of a run that preempts.
void SpinForTicks(uint64_t ticks);

// Computes for `steps` steps, of about a clock cycle each, without any call.
inline void Compute(int steps) {
  for (int i = 0; i < steps; ++i) asm volatile("" : : : "memory");
}

// Returns the number of OS threads of the process, according to the kernel; 0
// in an emulator.
int OsThreads();

// Captures what a program and its children write to standard error while in
// scope.
class CapturedStderr {
 public:
  CapturedStderr();
  ~CapturedStderr();
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  // Returns the text written so far.
  std::string AllText() const;
  // Does the same without the line that says that threads share TLS, which some
  // machines print in each run.
  std::string Text() const;

 private:
  int saved_;
  int file_;
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_RUN_FIXTURE_H_
