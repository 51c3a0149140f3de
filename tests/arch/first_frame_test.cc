// A new context starts its entry function on a fresh, aligned stack. When the
// entry function returns another context, that one runs next.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "tests/arch/canaries.h"
#include "tests/arch/test_context.h"

namespace jiffy::arch {
namespace {

struct FirstSeen {
  Context* self;
  ContextEntry entry;
  uintptr_t stack_pointer;  // Right before the call.
  uintptr_t callers_frame;
  FpControl fp;
};
FirstSeen seen;

[[gnu::noinline]] void Call() { asm volatile("" : : : "memory"); }

// Calls another function, so that it has a complete frame.
[[gnu::noinline]] Context* LookAround(Context* self) {
  Call();
  const auto* frame = static_cast<uintptr_t*>(__builtin_frame_address(0));
  seen = {.self = self,
          .entry = self->entry,
          .stack_pointer = reinterpret_cast<uintptr_t>(__builtin_dwarf_cfa()),
          .callers_frame = frame[kSavedFramePointer],
          .fp = CurrentFpControl()};
  return static_cast<TestContext*>(self)->back;
}

class FirstFrameTest : public BothSwitchesTest {};

TEST_P(FirstFrameTest, StackTopAnywhere_EntryIsAlignedAndOnItsOwnStack) {
  Context main = CallersContext();
  for (size_t misalignment = 0; misalignment < 2 * kStackAlignment;
       ++misalignment) {
    auto task = std::make_unique<TestContext>(&LookAround, misalignment);
    task->back = &main;
    seen = {};
    GetParam()(&main, task.get());
    EXPECT_EQ(seen.self, task.get());
    EXPECT_EQ(seen.stack_pointer % 16, 0u) << misalignment;
    EXPECT_TRUE(task->OwnsStack(seen.stack_pointer)) << misalignment;
  }
}

TEST_P(FirstFrameTest, Start_ClearsEntryAndEndsFramePointerChain) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&LookAround);
  task->back = &main;
  GetParam()(&main, task.get());
  EXPECT_EQ(seen.entry, nullptr);
  EXPECT_EQ(seen.callers_frame, 0u);
}

// The context that starts a new one may have changed its rounding modes.
TEST_P(FirstFrameTest, Start_HasFpControlOfNewProgram) {
  Context main = CallersContext();
  for (uint64_t seed = 0; seed < 16; ++seed) {
    auto task = std::make_unique<TestContext>(&LookAround);
    task->back = &main;
    const Registers before = SomeRegisters(seed);
    Registers after = {};
    jiffy_test_switch_with_canaries(&before, &after, GetParam(), &main,
                                    task.get());
    EXPECT_EQ(after, before);
    EXPECT_TRUE(seen.fp == NewFpControl()) << seed;
  }
}

std::vector<Context*> order;

Context* NoteAndGoOn(Context* self) {
  order.push_back(self);
  return static_cast<TestContext*>(self)->back;
}

TEST_P(FirstFrameTest, EntryReturnsNewContext_ChainRunsInOrder) {
  constexpr size_t kLinks = 100;
  order.clear();
  Context main = CallersContext();
  std::vector<std::unique_ptr<TestContext>> chain;
  std::vector<Context*> expected;
  for (size_t i = 0; i < kLinks; ++i) {
    chain.push_back(std::make_unique<TestContext>(&NoteAndGoOn));
    expected.push_back(chain.back().get());
  }
  for (size_t i = 0; i < kLinks; ++i) {
    chain[i]->back = i + 1 < kLinks ? chain[i + 1].get() : &main;
  }
  const Registers before = SomeRegisters(3);
  Registers after = {};
  jiffy_test_switch_with_canaries(&before, &after, GetParam(), &main,
                                  chain.front().get());
  EXPECT_EQ(after, before);
  EXPECT_EQ(order, expected);
}

Context* SwitchAway(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  order.push_back(self);
  task->switch_to(task, task->back);
  order.push_back(self);
  return task->back;
}

// Every kind of switch after every other: new, resumed and ended contexts.
TEST_P(FirstFrameTest, EntryReturnsSuspendedContext_ThatResumes) {
  order.clear();
  Context main = CallersContext();
  auto first = std::make_unique<TestContext>(&SwitchAway);
  auto second = std::make_unique<TestContext>(&NoteAndGoOn);
  first->switch_to = GetParam();
  first->back = &main;
  GetParam()(&main, first.get());  // Starts first, which comes back.
  second->back = first.get();
  GetParam()(&main, second.get());  // Ends, resumes first, which ends.
  EXPECT_EQ(order,
            (std::vector<Context*>{first.get(), second.get(), first.get()}));
}

TEST_P(FirstFrameTest, EndedContext_StackServesAgain) {
  order.clear();
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&NoteAndGoOn);
  task->back = &main;
  for (int i = 0; i < 1000; ++i) {
    task->Start(&NoteAndGoOn);
    GetParam()(&main, task.get());
  }
  EXPECT_EQ(order.size(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Both, FirstFrameTest,
                         ::testing::Values(&jiffy_switch, &jiffy_switch_shared),
                         SwitchName);

}  // namespace
}  // namespace jiffy::arch
