// What tests of live runs share: a fixture that looks for leaks, and how a
// green thread watches the timer without the clock on the wall.
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

// Runs functions as a program would and checks afterwards that nothing is left
// over: no stack or thread block, no signal handler, no mask, no alternate
// stack, no trace of the run in the OS thread.
class RunTest : public ::testing::Test {
 protected:
  // Time slice and tick of 50 us, or what RealTick makes of it.
  RunTest();
  void SetUp() override;
  void TearDown() override;

  // Runs `fn` with options_, as often as repetitions_ says, in one runtime.
  // Fails unless every run ends well. `fn` sets up what it needs itself: it
  // must not find what the run before left.
  void Run(absl::FunctionRef<void()> fn);
  // Runs `fn` once and returns how that ended.
  absl::Status RunOnce(absl::FunctionRef<void()> fn);
  // What was counted of the last run.
  const RuntimeStats& stats() const { return stats_; }

  RuntimeOptions options_;
  int repetitions_ = 3;
  // Slots that may be in use beyond the most threads that were alive at once:
  // one for each thread that spawns others, and those of threads that were
  // abandoned.
  uint64_t spare_slots_ = 1;

 private:
  uint64_t slots_before_ = 0;
  uint64_t most_threads_ = 0;
  RuntimeStats stats_;
  struct sigaction actions_before_[3];
  sigset_t mask_before_;
  stack_t stack_before_;
};

// How a run is set up, where that should make no difference.
struct RunMode {
  std::string scheduler;
  bool shared_tls = false;
};

inline std::ostream& operator<<(std::ostream& out, const RunMode& mode) {
  return out << mode.scheduler << (mode.shared_tls ? ", shared TLS" : "");
}

// Every policy, with thread blocks of the threads' own and with a shared one.
std::vector<RunMode> AllRunModes();
// Those whose policy takes the CPU from a thread that never yields.
std::vector<RunMode> PreemptiveRunModes();
// Those in which each thread has a thread block.
std::vector<RunMode> OwnTlsRunModes();
// The names of all policies, and such a name as tests may have it.
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

// Returns why the threads of such a run share the OS thread's thread block, ""
// if each has its own.
std::string SharedTlsReason(const RuntimeOptions& options);

// Skips where threads share the OS thread's thread block whatever the options
// say.
class OwnTlsTest : public EveryRunModeTest {
 protected:
  void SetUp() override;
};

// Returns the ticks charged to threads so far. Context: green thread.
uint64_t Jiffies();

// Returns the ticks that the timer has delivered, charged or not. Context:
// green thread.
uint64_t TicksDelivered();

// Returns those of them that somebody has been or is to be charged: all but the
// stolen ones. Context: green thread.
uint64_t ChargeableTicks();

// Returns the tick of a run that asks for `wanted`: in valgrind it is no
// shorter than signals/valgrind.h says, in an emulator (tools/cross/emulate.sh)
// no shorter than 200 us. There the handler takes as long as a tick of 50 us if
// the machine is busy, and nobody else would get on.
absl::Duration RealTick(absl::Duration wanted);

// Whether the address is a multiple of `alignment`. Not inline: of an object
// that the compiler knows, it takes that for granted.
bool IsAligned(const void* address, size_t alignment);

// Returns the tick to force for one that is shorter than users may have: longer
// than the handler takes in an emulator, and the kernel's signals for i386 on a
// busy machine.
int64_t ShortTickNs(int64_t wanted_ns);

// Returns how often to do what is done `times` times where time is no matter: a
// twentieth of that in valgrind, as the ticks are some twenty times as long
// there.
constexpr uint64_t Rounds(uint64_t times) {
  return signals::kValgrind ? std::max(times / 20, uint64_t{1}) : times;
}

// Asks the kernel whether the calling OS thread has the tick's signal, SIGALRM,
// blocked. A program's handler has it so if it runs inside the tick's: which of
// two signals at once a program sees first is the kernel's choice. Linux lets
// the tick be the inner one of those with lower numbers, valgrind not always.
bool TickIsBlocked();

// Options of a thread whose turn is as short as the run's policy can make it:
// a tick. Context: green thread.
ThreadOptions ShortTurns();

// Computes until that many chargeable ticks were delivered, without a call that
// lets others run. Context: green thread of a run that preempts.
void SpinForTicks(uint64_t ticks);

// Computes for that many steps, of a clock cycle or so each, without any call.
inline void Compute(int steps) {
  for (int i = 0; i < steps; ++i) asm volatile("" : : : "memory");
}

// Returns how many OS threads the process has, as the kernel tells; an emulator
// says 0.
int OsThreads();

// What a program writes to standard error while this is in scope, its children
// included.
class CapturedStderr {
 public:
  CapturedStderr();
  ~CapturedStderr();
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  // Returns what was written so far.
  std::string AllText() const;
  // The same but for the line that says that threads share TLS, which some
  // machines have in each run.
  std::string Text() const;

 private:
  int saved_;
  int file_;
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_RUN_FIXTURE_H_
