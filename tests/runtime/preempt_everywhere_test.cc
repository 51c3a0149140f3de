// The most frequent operations of threads, preempted after each of their
// instructions in turn.
//
// The processor's single step tells where the thread is; the test makes a tick
// come there. The timer's own ticks are few: they are for threads that wait for
// a libc lock whose holder was preempted.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/worker.h"
#include "runtime/jiffy.h"
#include "signals/cpu.h"
#include "signals/irq.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"
#include "tests/arch/single_step.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/trace_json.h"

namespace jiffy {
namespace {

// Instructions between two ticks: more than a rescheduling takes, or the thread
// would make no progress. Each repetition begins a little later.
constexpr uint64_t kPeriod = 499;

struct Stepper {
  const signals::TaskHead* thread = nullptr;
  bool on = false;
  uint64_t step = 0;
  uint64_t offset = 0;
  uint64_t ticks = 0;
  siginfo_t tick = {};
};
Stepper stepper;

bool IsStepped() {
  return stepper.on && signals::task_frame.head.current == stepper.thread;
}

void Step(int, siginfo_t*, void* ucontext) {
  if (!IsStepped()) {
    // A cooperative switch keeps the flag.
    arch::EndSingleStep(static_cast<ucontext_t*>(ucontext));
    return;
  }
  if (stepper.step++ % kPeriod != stepper.offset) return;
  // Stays pending until this handler returns, then interrupts our code.
  stepper.ticks++;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGALRM,
          &stepper.tick);
}

// Starts stepping again where another thread has run meanwhile.
void KeepStepping() {
  if (IsStepped()) arch::StartSingleStep();
}

// Returns the kernel's information for a tick of this CPU's timer.
siginfo_t MakeTick(const signals::CpuTimers& timers) {
  siginfo_t info = {};
  info.si_signo = SIGALRM;
  info.si_code = SI_TIMER;
  // Each timer is identified by an address within the object.
  const auto begin = reinterpret_cast<uintptr_t>(&timers);
  for (uintptr_t tag = begin; tag < begin + sizeof timers; ++tag) {
    info.si_value.sival_ptr = reinterpret_cast<void*>(tag);
    if (timers.KindInHandler(&info) == signals::TimerKind::kTick) {
      return info;
    }
  }
  ADD_FAILURE() << "no address stands for the tick";
  return info;
}

class PreemptEverywhereTest : public EveryRunModeTest {
 protected:
  PreemptEverywhereTest() {
    repetitions_ = 1;
    spare_slots_ = 8;
    // One tick a slice, and few by themselves.
    options_.tick = absl::Milliseconds(5);
  }

  // Steps through `work`, which returns whether it succeeded, while two other
  // threads do the same undisturbed. Begins `stride` instructions later each
  // time; more in modes other than the first, since a step takes about 10 us.
  void PreemptIn(uint64_t stride, bool (*work)()) {
    if (GetParam().scheduler != "rr" || GetParam().shared_tls) stride *= 6;
    const arch::SingleStepHandler handler(&Step);
    stepper = {};
    Run([&] {
      stepper.tick = MakeTick(internal::CurrentWorker()->timers);
      bool stop = false;
      int wrong = 0;
      const auto others = [&] {
        while (!stop) {
          wrong += !work();
          // Whatever the policy thinks of it, we do not have the CPU for long.
          this_thread::SleepFor(absl::ZeroDuration());
        }
      };
      Thread a(ShortTurns(), others);
      Thread b(ShortTurns(), others);
      Thread stepped(ShortTurns(), [&] {
        stepper.thread = signals::task_frame.head.current;
        for (uint64_t offset = 0; offset < kPeriod; offset += stride) {
          stepper.offset = offset;
          stepper.step = 0;
          stepper.on = true;
          arch::StartSingleStep();
          const bool right = work();
          stepper.on = false;
          arch::StopSingleStep();
          wrong += !right;
        }
        stop = true;
      });
      EXPECT_TRUE(stepped.Join().ok());
      EXPECT_EQ(wrong, 0);
    });
    EXPECT_GE(stepper.ticks, 1u);
    // No tick is lost except one that comes while another is pending.
    EXPECT_GE(stats().ticks, stepper.ticks / 2);
    EXPECT_GT(stats().preemptions, 0u);
  }
};

TEST_P(PreemptEverywhereTest, Yield_PreemptedAllOver_Works) {
  PreemptIn(2, [] {
    for (int i = 0; i < 3; ++i) {
      this_thread::Yield();
      KeepStepping();
    }
    return true;
  });
}

// With ThreadSanitizer a new thread takes millions of steps.
TEST_P(PreemptEverywhereTest, SpawnAndJoin_PreemptedAllOver_Works) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << "takes minutes";
  PreemptIn(4, [] {
    int result = 0;
    Thread thread([&result](int n) { result = n; }, 7);
    const bool joined = thread.Join().ok();
    KeepStepping();
    return joined && result == 7;
  });
}

// The next spawn frees what a detached thread leaves behind.
TEST_P(PreemptEverywhereTest, SpawnAndDetach_PreemptedAllOver_Works) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << "takes minutes";
  PreemptIn(2, [] {
    bool ended = false;
    Thread thread([&ended] { ended = true; });
    if (!thread.Detach().ok()) return false;
    while (!ended) {
      this_thread::SleepFor(absl::ZeroDuration());
      KeepStepping();
    }
    return true;
  });
}

TEST_P(PreemptEverywhereTest, Guards_PreemptedAllOver_Works) {
  PreemptIn(4, [] {
    for (int i = 0; i < 2; ++i) {
      const NoPreempt outer;
      { const NoPreempt inner; }
      this_thread::Yield();
      KeepStepping();
    }
    return signals::task_frame.head.current->user_guards == 0 &&
           signals::task_frame.head.preempt_count == 0;
  });
}

// An event is not overwritten while it is recorded.
TEST_P(PreemptEverywhereTest, TraceScopes_PreemptedAllOver_AreAllInTheTrace) {
  options_.trace_file = ::testing::TempDir() + "/everywhere.json";
  static uint64_t spans;
  spans = 0;
  PreemptIn(4, [] {
    for (int i = 0; i < 8; ++i) {
      TraceScope scope("span");
      ++spans;
    }
    return true;
  });
  const TraceJson trace(options_.trace_file);
  ASSERT_TRUE(trace.global_marks().empty());
  uint64_t found = 0;
  for (const std::string& track : trace.threads()) {
    if (track.ends_with(": spans")) found += trace.slices(track).size();
  }
  EXPECT_EQ(found, spans);
}

TEST_P(PreemptEverywhereTest, InterruptOffAndOn_PreemptedAllOver_Works) {
  PreemptIn(8, [] {
    for (int i = 0; i < 2; ++i) {
      const signals::IrqFlags flags = signals::IrqSave();
      this_thread::Yield();
      KeepStepping();
      if (!signals::IrqsDisabled()) return false;
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      if (sigismember(&mask, SIGALRM) != 1) return false;
      signals::IrqRestore(flags);
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      if (sigismember(&mask, SIGALRM) != 0) return false;
    }
    return true;
  });
}

TEST_P(PreemptEverywhereTest, Sleep_PreemptedAllOver_Works) {
  PreemptIn(8, [] {
    const int64_t begin = signals::MonotonicNs();
    this_thread::SleepFor(absl::Microseconds(20));
    KeepStepping();
    return signals::MonotonicNs() - begin >= 20'000;
  });
}

TEST_P(PreemptEverywhereTest, MemoryAndStrings_PreemptedAllOver_Works) {
  PreemptIn(40, [] {
    std::vector<std::string> texts;
    for (int i = 0; i < 4; ++i) texts.push_back(std::string(20 + i, 'a' + i));
    void* large = malloc(5000);
    free(large);
    for (int i = 0; i < 4; ++i) {
      if (texts[i] != std::string(20 + i, 'a' + i)) return false;
    }
    return true;
  });
}

[[gnu::noinline]] void ThrowFrom(int depth) {
  const std::string on_each_frame(30, 'x');
  if (depth == 0) throw std::runtime_error("deep");
  ThrowFrom(depth - 1);
}

TEST_P(PreemptEverywhereTest, Exceptions_PreemptedAllOver_Works) {
  PreemptIn(180, [] {
    try {
      ThrowFrom(2);
    } catch (const std::runtime_error& e) {
      return std::string(e.what()) == "deep";
    }
    return false;
  });
}

// Policies under which a thread gets its turn although no other thread is ever
// charged a tick.
INSTANTIATE_TEST_SUITE_P(RunModes, PreemptEverywhereTest,
                         ::testing::Values(RunMode{"rr", false},
                                           RunMode{"rr", true},
                                           RunMode{"random", false}),
                         RunModeName);

}  // namespace
}  // namespace jiffy
