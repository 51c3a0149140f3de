// Debuggers, profilers and exceptions see through the switch: at each of its
// instructions a backtrace leads to its caller, or, where it starts a new task,
// ends cleanly.
#include <unwind.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <vector>

#include "arch/context.h"
#include "arch/suspended.h"
#include "gtest/gtest.h"
#include "tests/arch/canaries.h"
#include "tests/arch/step_through.h"
#include "tests/arch/test_context.h"

namespace jiffy::arch {
namespace {

// The functions of a backtrace, innermost first, by their start.
struct Backtrace {
  static constexpr int kMaxFrames = 64;
  void* functions[kMaxFrames] = {};
  int frames = 0;
  _Unwind_Reason_Code result = _URC_NO_REASON;

  bool Holds(void* function) const {
    return std::find(functions, functions + frames, function) !=
           functions + frames;
  }
  void* Last() const { return frames == 0 ? nullptr : functions[frames - 1]; }
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* argument) {
  auto& trace = *static_cast<Backtrace*>(argument);
  // A frame that reports no caller gets one at address 0.
  if (_Unwind_GetIP(context) == 0) return _URC_NO_REASON;
  if (trace.frames == Backtrace::kMaxFrames) return _URC_NORMAL_STOP;
  trace.functions[trace.frames++] =
      reinterpret_cast<void*>(_Unwind_GetRegionStart(context));
  return _URC_NO_REASON;
}

Backtrace Unwind() {
  Backtrace trace;
  trace.result = _Unwind_Backtrace(&AddFrame, &trace);
  return trace;
}

void* AddressOf(SwitchFunction function) {
  return reinterpret_cast<void*>(function);
}

// ------------------------------------------------------- within a task

Backtrace seen;

[[gnu::noinline]] void LookAround() {
  seen = Unwind();
  asm volatile("" : : : "memory");
}

[[gnu::noinline]] Context* Entry(Context* self) {
  LookAround();
  return static_cast<TestContext*>(self)->back;
}

class BacktraceTest : public BothSwitchesTest {};

TEST_P(BacktraceTest, WithinTask_EndsAtItsEntry) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&Entry);
  task->back = &main;
  GetParam()(&main, task.get());
  EXPECT_EQ(seen.result, _URC_END_OF_STACK);
  ASSERT_GE(seen.frames, 3);
  EXPECT_EQ(seen.functions[seen.frames - 2], reinterpret_cast<void*>(&Entry));
  EXPECT_EQ(seen.Last(), AddressOf(GetParam()));
}

[[gnu::noinline]] Context* EntryThatSwitches(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  task->switch_to(task, task->back);
  LookAround();
  return task->back;
}

TEST_P(BacktraceTest, WithinResumedTask_EndsAtItsEntry) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&EntryThatSwitches);
  task->back = &main;
  task->switch_to = GetParam();
  GetParam()(&main, task.get());
  GetParam()(&main, task.get());
  EXPECT_EQ(seen.result, _URC_END_OF_STACK);
  EXPECT_EQ(seen.Last(), AddressOf(GetParam()));
  EXPECT_TRUE(seen.Holds(reinterpret_cast<void*>(&EntryThatSwitches)));
}

// ---------------------------------------------------- of a suspended task

TEST_P(BacktraceTest, OfSuspendedTask_IsSeenFromOutside) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&EntryThatSwitches);
  task->back = &main;
  task->switch_to = GetParam();
  GetParam()(&main, task.get());
  seen = Backtrace();
  jiffy_call_from_suspended(
      task->sp, [](void*) { LookAround(); }, nullptr);
  EXPECT_EQ(seen.result, _URC_END_OF_STACK);
  EXPECT_TRUE(seen.Holds(reinterpret_cast<void*>(&EntryThatSwitches)));
  EXPECT_EQ(seen.Last(), AddressOf(GetParam()));
  // The caller's registers are its own again.
  GetParam()(&main, task.get());
  EXPECT_TRUE(seen.Holds(reinterpret_cast<void*>(&EntryThatSwitches)));
}

// ------------------------------------------------- in the switch itself

// State that a handler saw when it interrupted the switch.
struct Step {
  uintptr_t pc = 0;
  uintptr_t sp = 0;
  // Caller of the interrupted function; nullptr at the backtrace's end.
  void* caller = nullptr;
  void* last = nullptr;
  int frames = 0;
  _Unwind_Reason_Code result = _URC_NO_REASON;
};

// The code of the switch that is stepped through.
Code switch_code;

constexpr size_t kMaxSteps = 1000;
Step steps[kMaxSteps];
size_t step_count = 0;

// Runs on a stack of its own; otherwise like a profiler's handler.
void UnwindHere(int, siginfo_t*, void* ucontext) {
  const auto* uc = static_cast<ucontext_t*>(ucontext);
  const uintptr_t pc = InterruptedPc(uc);
  if (pc < switch_code.begin || pc >= switch_code.end) return;
  if (step_count == kMaxSteps) return;
  const Backtrace trace = Unwind();
  Step& step = steps[step_count++] = Step();
  step.pc = pc;
  step.sp = InterruptedSp(uc);
  step.result = trace.result;
  step.frames = trace.frames;
  step.last = trace.Last();
  void* const interrupted = reinterpret_cast<void*>(switch_code.begin);
  for (int i = 0; i + 1 < trace.frames; ++i) {
    if (trace.functions[i] == interrupted) {
      step.caller = trace.functions[i + 1];
      break;
    }
  }
}

// Returns where the code of the switch ends: from there on, the unwinder finds
// another function, or none.
uintptr_t EndOf(SwitchFunction function) {
  const auto begin = reinterpret_cast<uintptr_t>(function);
  uintptr_t end = begin;
  while (_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(end + 1)) ==
         AddressOf(function)) {
    ++end;
  }
  return end;
}

// Recognisable callers, each with one call of the switch.
[[gnu::noinline]] void SwitchFromMain(SwitchFunction switch_to, Context* from,
                                      Context* to) {
  switch_to(from, to);
  asm volatile("" : : : "memory");  // No tail call.
}

[[gnu::noinline]] void SwitchFromTask(TestContext* task) {
  task->switch_to(task, task->back);
  asm volatile("" : : : "memory");  // No tail call.
}

Context* SwitchTwiceThenEnd(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  SwitchFromTask(task);
  SwitchFromTask(task);
  return task->back;
}

Context* EndAtOnce(Context* self) {
  return static_cast<TestContext*>(self)->back;
}

class InterruptedSwitchTest : public BothSwitchesTest {
 protected:
  void SetUp() override {
    BothSwitchesTest::SetUp();
#if defined(JIFFY_VALGRIND)
    // Valgrind translates and runs whole blocks of code. The trap flag, which
    // asks for a signal after each instruction, has no effect there.
    GTEST_SKIP() << "valgrind does not single-step";
#endif
    switch_code = {reinterpret_cast<uintptr_t>(GetParam()), EndOf(GetParam())};
    step_count = 0;
    Unwind();  // Loads what the unwinder loads lazily.
  }

  using Caller = void (*)(SwitchFunction switch_to, Context* from, Context* to);

  // Steps through one switch, made by `caller`, from main_ to `to`.
  void StepThroughSwitch(Context* to,
                         void (*look)(int, siginfo_t*, void*) = &UnwindHere,
                         Caller caller = &SwitchFromMain) {
    step_count = 0;
    to_ = to;
    caller_ = caller;
    StepThrough(
        switch_code, look,
        [](void* argument) {
          auto* test = static_cast<InterruptedSwitchTest*>(argument);
          test->caller_(GetParam(), &test->main_, test->to_);
        },
        this);
  }

  // Checks conditions that hold at every instruction.
  void ExpectSaneEnds() const {
    ASSERT_GT(step_count, 0u);
    ASSERT_LT(step_count, kMaxSteps);
    for (size_t i = 0; i < step_count; ++i) {
      SCOPED_TRACE(::testing::Message()
                   << "at offset " << steps[i].pc - switch_code.begin);
      EXPECT_EQ(steps[i].result, _URC_END_OF_STACK);
      EXPECT_LT(steps[i].frames, Backtrace::kMaxFrames);
    }
  }

  static void* Main() { return reinterpret_cast<void*>(&SwitchFromMain); }
  static void* Task() { return reinterpret_cast<void*>(&SwitchFromTask); }

  Context main_ = CallersContext();
  Context* to_ = nullptr;
  Caller caller_ = nullptr;
};

TEST_P(InterruptedSwitchTest, BetweenSuspendedTasks_EveryStepKnowsItsCaller) {
  auto task = std::make_unique<TestContext>(&SwitchTwiceThenEnd);
  task->back = &main_;
  task->switch_to = GetParam();
  GetParam()(&main_, task.get());
  StepThroughSwitch(task.get());  // There and, by the second switch, back.
  ExpectSaneEnds();
  int from_main = 0;
  int from_task = 0;
  for (size_t i = 0; i < step_count; ++i) {
    // The current stack tells which caller's call of the switch this is.
    const bool in_task = task->OwnsStack(steps[i].sp);
    EXPECT_EQ(steps[i].caller, in_task ? Task() : Main())
        << "step " << i << " at offset " << steps[i].pc - switch_code.begin;
    (in_task ? from_task : from_main)++;
  }
  // Each: the saves; the loads and the return.
  EXPECT_GE(from_main, 16);
  EXPECT_GE(from_task, 16);
}

TEST_P(InterruptedSwitchTest, ToNewTask_EveryStepKnowsItsCallerOrEnds) {
  auto task = std::make_unique<TestContext>(&EndAtOnce);
  auto second = std::make_unique<TestContext>(&EndAtOnce);
  task->back = second.get();
  second->back = &main_;
  StepThroughSwitch(task.get());
  ExpectSaneEnds();
  // The caller, then no one, then the caller again once its stack is back.
  size_t i = 0;
  int before = 0;
  int first_frames = 0;
  int after = 0;
  for (; i < step_count && steps[i].caller == Main(); ++i) before++;
  for (; i < step_count && steps[i].last == AddressOf(GetParam()); ++i) {
    first_frames++;
    EXPECT_EQ(steps[i].caller, nullptr) << i;
  }
  for (; i < step_count && steps[i].caller == Main(); ++i) after++;
  EXPECT_EQ(i, step_count) << "there the caller is another";
  EXPECT_GE(before, 8);         // Saving the registers.
  EXPECT_GE(first_frames, 20);  // Twice the start of a task.
  EXPECT_GE(after, 5);          // The loads and the return.
}

// The values that the unwinder, like a debugger, takes for the caller's
// registers.
struct CallersRegisters {
  uintptr_t pc = 0;
  uintptr_t sp = 0;
  uintptr_t words[std::size(kDwarfNumbers)] = {};

  bool operator==(const Registers& registers) const {
    return memcmp(words, &registers, sizeof words) == 0;
  }
};
CallersRegisters found[kMaxSteps];
size_t found_count = 0;

_Unwind_Reason_Code ReadCallersRegisters(_Unwind_Context* context,
                                         void* argument) {
  auto& in_caller = *static_cast<bool*>(argument);
  if (!in_caller) {
    in_caller = _Unwind_GetRegionStart(context) == switch_code.begin;
    return _URC_NO_REASON;
  }
  // There is none.
  if (_Unwind_GetIP(context) == 0) return _URC_NORMAL_STOP;
  CallersRegisters& registers = found[found_count++];
  for (size_t i = 0; i < std::size(kDwarfNumbers); ++i) {
    registers.words[i] = _Unwind_GetGR(context, kDwarfNumbers[i]);
  }
  return _URC_NORMAL_STOP;
}

void ReadRegistersHere(int, siginfo_t*, void* ucontext) {
  const auto* uc = static_cast<ucontext_t*>(ucontext);
  const uintptr_t pc = InterruptedPc(uc);
  if (pc < switch_code.begin || pc >= switch_code.end) return;
  if (found_count == kMaxSteps) return;
  found[found_count].pc = pc;
  found[found_count].sp = InterruptedSp(uc);
  bool in_caller = false;
  _Unwind_Backtrace(&ReadCallersRegisters, &in_caller);
}

// Their floating-point control is a new program's.
const Registers kMainRegisters = SomeRegisters(16);
const Registers kTaskRegisters = SomeRegisters(32);

void SwitchWithCanaries(SwitchFunction switch_to, Context* from, Context* to) {
  Registers after = {};
  jiffy_test_switch_with_canaries(&kMainRegisters, &after, switch_to, from, to);
}

Context* SwitchWithCanariesThenEnd(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  Registers after = {};
  jiffy_test_switch_with_canaries(&kTaskRegisters, &after, task->switch_to,
                                  task, task->back);
  return task->back;
}

// To a suspended task, which ends and starts another, and back.
TEST_P(InterruptedSwitchTest, EveryStep_KnowsItsCallersRegisters) {
  auto task = std::make_unique<TestContext>(&SwitchWithCanariesThenEnd);
  auto second = std::make_unique<TestContext>(&EndAtOnce);
  task->back = &main_;
  task->switch_to = GetParam();
  second->back = &main_;
  GetParam()(&main_, task.get());
  task->back = second.get();
  found_count = 0;
  StepThroughSwitch(task.get(), &ReadRegistersHere, &SwitchWithCanaries);
  ASSERT_LT(found_count, kMaxSteps);
  int of_main = 0;
  int of_task = 0;
  for (size_t i = 0; i < found_count; ++i) {
    const bool in_task = task->OwnsStack(found[i].sp);
    EXPECT_TRUE(found[i] == (in_task ? kTaskRegisters : kMainRegisters))
        << "step " << i << " at offset " << found[i].pc - switch_code.begin;
    (in_task ? of_task : of_main)++;
  }
  // The saves; the loads and the return.
  EXPECT_GE(of_main, 16);
  EXPECT_GE(of_task, 5);
}

INSTANTIATE_TEST_SUITE_P(Both, BacktraceTest,
                         ::testing::Values(&jiffy_switch, &jiffy_switch_shared),
                         SwitchName);
INSTANTIATE_TEST_SUITE_P(Both, InterruptedSwitchTest,
                         ::testing::Values(&jiffy_switch, &jiffy_switch_shared),
                         SwitchName);

}  // namespace
}  // namespace jiffy::arch
