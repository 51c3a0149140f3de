// Profilers and debuggers see through a preemption. The test steps from the
// tick in the interrupt handler, through the switch, to a new thread's body by
// way of the trampoline, or to the end of the next thread's own handler. At
// each instruction, a backtrace leads to the thread's first frame and ends
// there cleanly.
#include <signal.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string_view>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "signals/handler_state.h"
#include "tests/arch/single_step.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

#if defined(JIFFY_HAS_SINGLE_STEP)

// Whether the policy begins to step at its next tick; whether it preempts
// before that.
std::atomic<bool> armed = false;
std::atomic<bool> preempts = false;
// Set where to stop stepping.
std::atomic<bool> enough = false;

// Round-robin that begins to step at a tick, in the handler.
class SteppingPolicy final : public sched::Scheduler {
 public:
  std::string_view name() const override { return "stepping"; }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason) override {
    queue_.PushBack(entity);
  }
  void Dequeue(sched::Entity&, sched::DequeueReason) override {}
  sched::Entity* PickNext() override { return queue_.PopFront(); }
  sched::Entity* Yield(sched::Entity& current) override {
    return queue_.Rotate(current);
  }
  bool Tick(sched::Entity&, int) override {
    if (!armed) return preempts;
    armed = false;
    arch::StartSingleStep();
    return true;
  }

 private:
  sched::RunList queue_;
};

// The findings.
constexpr size_t kMostSteps = 20'000;
size_t steps = 0;
size_t bad_steps = 0;
void* first_bad = nullptr;
// The functions that were stepped through, each once.
void* functions[1000];
size_t function_count = 0;

bool Seen(void* function) {
  return std::find(functions, functions + function_count, function) !=
         functions + function_count;
}

void AddFunction(void* function) {
  if (Seen(function) || function_count == std::size(functions)) return;
  functions[function_count++] = function;
}

struct Trace {
  int frames = 0;
  void* interrupted = nullptr;
  void* last = nullptr;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* argument) {
  auto& trace = *static_cast<Trace*>(argument);
  int after_signal = 0;
  if (_Unwind_GetIPInfo(context, &after_signal) == 0) return _URC_NO_REASON;
  if (trace.frames++ == 100) return _URC_NORMAL_STOP;
  trace.last = reinterpret_cast<void*>(_Unwind_GetRegionStart(context));
  if (after_signal != 0 && trace.interrupted == nullptr) {
    trace.interrupted = trace.last;
  }
  return _URC_NO_REASON;
}

// Runs on a stack of its own, with all signals blocked. May interrupt malloc.
void Look(int, siginfo_t*, void* ucontext) {
  if (++steps == kMostSteps || enough) {
    arch::EndSingleStep(static_cast<ucontext_t*>(ucontext));
    return;
  }
  // The assembly that begins to step moves the stack pointer, unknown to the
  // unwinder.
  if (steps == 1) return;
  Trace trace;
  const bool ends = _Unwind_Backtrace(&AddFrame, &trace) == _URC_END_OF_STACK;
  AddFunction(trace.interrupted);
  const bool is_first_frame =
      trace.last == reinterpret_cast<void*>(&arch::jiffy_switch) ||
      trace.last == reinterpret_cast<void*>(&arch::jiffy_switch_shared);
  if (ends && is_first_frame) return;
  if (bad_steps++ == 0) {
    first_bad = reinterpret_cast<void*>(
        arch::InterruptedPc(static_cast<ucontext_t*>(ucontext)));
  }
}

class UnwindEverywhereTest : public EveryRunModeTest {
 protected:
  UnwindEverywhereTest() {
    repetitions_ = 1;
    options_.policy = [](const sched::PolicyConfig&) {
      return std::make_unique<SteppingPolicy>();
    };
    armed = false;
    preempts = false;
    enough = false;
    steps = 0;
    bad_steps = 0;
    function_count = 0;
  }

  void ExpectAllSeen(bool stepped_into) {
    EXPECT_EQ(bad_steps, 0u) << "first at " << first_bad;
    EXPECT_GT(steps, 100u);
    EXPECT_LT(steps, kMostSteps) << "did not come to an end";
    EXPECT_TRUE(Seen(reinterpret_cast<void*>(&signals::jiffy_tick_in_handler)));
    EXPECT_TRUE(Seen(reinterpret_cast<void*>(GetParam().shared_tls
                                                 ? &arch::jiffy_switch_shared
                                                 : &arch::jiffy_switch)));
    EXPECT_TRUE(stepped_into);
  }
};

TEST_P(UnwindEverywhereTest, FromTheHandlerToANewThread) {
  std::atomic<bool> begun = false;
  Run([&] {
    const arch::SingleStepHandler handler(&Look);
    SpinForTicks(1);  // What is bound lazily is bound now.
    Thread fresh([&] {
      enough = true;
      begun = true;
    });
    armed = true;
    while (!begun) {
    }
  });
  // Stepping ends in the new thread: no handler returns.
  AddFunction(reinterpret_cast<void*>(&signals::jiffy_tick_in_handler));
  ExpectAllSeen(begun);
}

TEST_P(UnwindEverywhereTest, FromTheHandlerToTheEndOfAnother) {
  bool went_on = false;
  Run([&] {
    const arch::SingleStepHandler handler(&Look);
    std::atomic<bool> loops = false;
    std::atomic<bool> done = false;
    Thread other([&] {
      loops = true;
      while (!done) {
      }
      went_on = steps > 0;
    });
    preempts = true;
    // Preempted in its loop, not under a guard before that: there it would
    // continue without the end of a handler, and step for ever.
    while (!loops) {
    }
    armed = true;
    while (armed) {
    }
    SpinForTicks(3);
    done = true;
  });
  ExpectAllSeen(went_on);
}

INSTANTIATE_TEST_SUITE_P(RunModes, UnwindEverywhereTest,
                         ::testing::Values(RunMode{"rr", false},
                                           RunMode{"rr", true}),
                         RunModeName);

#endif  // JIFFY_HAS_SINGLE_STEP

}  // namespace
}  // namespace jiffy
