// Exceptions unwind the frames of a task as they do anywhere else.
#include <memory>
#include <stdexcept>
#include <string>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "tests/arch/test_context.h"

namespace jiffy::arch {
namespace {

int destroyed = 0;
std::string caught;

struct CountsItsEnd {
  ~CountsItsEnd() { destroyed++; }
};

[[gnu::noinline]] void ThrowThroughFrames(int depth) {
  const CountsItsEnd on_each_frame;
  if (depth == 0) throw std::runtime_error("from below");
  ThrowThroughFrames(depth - 1);
}

Context* CatchInEntry(Context* self) {
  try {
    ThrowThroughFrames(9);
  } catch (const std::runtime_error& e) {
    caught = e.what();
  }
  return static_cast<TestContext*>(self)->back;
}

class ExceptionTest : public BothSwitchesTest {
 protected:
  void SetUp() override {
    BothSwitchesTest::SetUp();
    destroyed = 0;
    caught.clear();
  }
};

TEST_P(ExceptionTest, ThrownInTask_UnwindsItsFramesToTheCatch) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&CatchInEntry);
  task->back = &main;
  GetParam()(&main, task.get());
  EXPECT_EQ(caught, "from below");
  EXPECT_EQ(destroyed, 10);
}

Context* CatchAfterSwitch(Context* self) {
  auto* task = static_cast<TestContext*>(self);
  try {
    const CountsItsEnd before_switch;
    task->switch_to(task, task->back);
    ThrowThroughFrames(4);
  } catch (const std::runtime_error& e) {
    caught = e.what();
  }
  return task->back;
}

TEST_P(ExceptionTest, ThrownAfterResuming_UnwindsFramesFromBeforeTheSwitch) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&CatchAfterSwitch);
  task->back = &main;
  task->switch_to = GetParam();
  GetParam()(&main, task.get());
  EXPECT_EQ(destroyed, 0);
  GetParam()(&main, task.get());
  EXPECT_EQ(caught, "from below");
  EXPECT_EQ(destroyed, 6);
}

INSTANTIATE_TEST_SUITE_P(Both, ExceptionTest,
                         ::testing::Values(&jiffy_switch, &jiffy_switch_shared),
                         SwitchName);

}  // namespace
}  // namespace jiffy::arch
