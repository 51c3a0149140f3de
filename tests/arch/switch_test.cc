// A switch and the switch back preserve everything that the ABI says a callee
// saves: registers, stack pointer, floating-point control words.
#include <cstdint>
#include <memory>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "tests/arch/canaries.h"
#include "tests/arch/test_context.h"

namespace jiffy::arch {
namespace {

constexpr uint64_t kFpCombinations = 16;

// The two sides' canaries differ in every register. The control words run
// through all pairs of rounding modes, so that both, one, or none must be
// loaded.
struct Exchange {
  uint64_t rounds = 0;
  uint64_t wrong = 0;
};
Exchange exchange;

uint64_t MainSeed(uint64_t round) {
  return 2 * kFpCombinations * round + round / kFpCombinations;
}
uint64_t TaskSeed(uint64_t round) {
  return kFpCombinations * (2 * round + 1) + round % kFpCombinations;
}

Context* SwitchBackForEver(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  for (uint64_t round = 0;; ++round) {
    const Registers before = SomeRegisters(TaskSeed(round));
    Registers after = {};
    jiffy_test_switch_with_canaries(&before, &after, task->switch_to, task,
                                    task->back);
    if (!(after == before)) exchange.wrong++;
    exchange.rounds++;
  }
}

class SwitchTest : public BothSwitchesTest {};

TEST_P(SwitchTest, ThereAndBack_KeepsCalleeSavedRegistersAndFpControl) {
  constexpr uint64_t kRounds = kFpCombinations * kFpCombinations;
  exchange = {};
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&SwitchBackForEver);
  task->back = &main;
  task->switch_to = GetParam();
  for (uint64_t round = 0; round < kRounds; ++round) {
    const Registers before = SomeRegisters(MainSeed(round));
    Registers after = {};
    jiffy_test_switch_with_canaries(&before, &after, GetParam(), &main,
                                    task.get());
    ASSERT_EQ(after, before) << "round " << round;
  }
  // The task saw its own values at all switches but the last, from which it has
  // not returned.
  EXPECT_EQ(exchange.rounds, kRounds - 1);
  EXPECT_EQ(exchange.wrong, 0u);
}

// Tests of the canaries themselves: if there is no switch, or one that keeps a
// register back, they must detect it.
TEST(Canaries, FunctionThatKeepsAll_FindsThemUnchanged) {
  const Registers before = SomeRegisters(7);
  Registers after = {};
  jiffy_test_switch_with_canaries(
      &before, &after, +[](Context*, Context*) {}, nullptr, nullptr);
  EXPECT_EQ(after, before);
}

TEST(Canaries, FunctionThatChangesControlWord_FindsItChanged) {
  const Registers before = SomeRegisters(0);
  Registers after = {};
  jiffy_test_switch_with_canaries(
      &before, &after,
      +[](Context*, Context*) { SetFpControl(SomeRegisters(1).fp); }, nullptr,
      nullptr);
  EXPECT_FALSE(after == before);
  EXPECT_TRUE(after.fp == SomeRegisters(1).fp);
}

Context* AddUpOnStack(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  volatile uint64_t sum = 0;
  for (uint64_t i = 1;; ++i) {
    sum = sum + i;
    if (sum != i * (i + 1) / 2) exchange.wrong++;
    exchange.rounds = i;
    task->switch_to(task, task->back);
  }
}

TEST_P(SwitchTest, ManyTasksInTurn_EachKeepsItsOwnStack) {
  constexpr int kTasks = 10;
  constexpr int kRounds = 100;
  exchange = {};
  Context main = CallersContext();
  std::unique_ptr<TestContext> tasks[kTasks];
  for (auto& task : tasks) {
    task = std::make_unique<TestContext>(&AddUpOnStack);
    task->back = &main;
    task->switch_to = GetParam();
  }
  for (int round = 0; round < kRounds; ++round) {
    for (auto& task : tasks) GetParam()(&main, task.get());
  }
  EXPECT_EQ(exchange.wrong, 0u);
  EXPECT_EQ(exchange.rounds, static_cast<uint64_t>(kRounds));
}

INSTANTIATE_TEST_SUITE_P(Both, SwitchTest,
                         ::testing::Values(&jiffy_switch, &jiffy_switch_shared),
                         SwitchName);

}  // namespace
}  // namespace jiffy::arch
