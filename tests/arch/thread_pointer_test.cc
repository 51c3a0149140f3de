// The thread pointer moves with the task, or stays, depending on the switch;
// and the head of a thread block leads to its TLS. (tcb_test of each
// architecture tests what else the ABI requires of the head.)
#include <cstdint>
#include <memory>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "tests/arch/instructions.h"
#include "tests/arch/test_context.h"

namespace jiffy::arch {
namespace {

constexpr uintptr_t kGuard = 0x1122'3300;

// Room for a thread block: no code that runs with it uses any thread_local.
struct alignas(64) Block {
  char below[4096] = {};
  char head[4096] = {};
};

char* seen;

Context* NoteThreadPointer(Context* self) {
  seen = ThreadPointer();
  return static_cast<TestContext*>(self)->back;
}

class ThreadPointerTest : public ::testing::Test {
 protected:
  ThreadPointerTest() : block_(std::make_unique<Block>()) {
    InitTcbHead(block_->head, ThreadPointer(), kGuard);
  }

  std::unique_ptr<Block> block_;
};

TEST_F(ThreadPointerTest, Switch_LoadsTheTasksAndThenTheCallers) {
  if (LacksUserThreadPointer() != nullptr) {
    // The instruction that sets the thread pointer is illegal there.
    GTEST_SKIP() << LacksUserThreadPointer();
  }
  char* const own = ThreadPointer();
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&NoteThreadPointer);
  task->thread_pointer = block_->head;
  task->back = &main;
  jiffy_switch(&main, task.get());
  EXPECT_EQ(seen, block_->head);
  EXPECT_EQ(ThreadPointer(), own);
}

TEST_F(ThreadPointerTest, SharedSwitch_LeavesItAlone) {
  Context main = CallersContext();
  auto task = std::make_unique<TestContext>(&NoteThreadPointer);
  task->thread_pointer = block_->head;
  task->back = &main;
  jiffy_switch_shared(&main, task.get());
  EXPECT_EQ(seen, ThreadPointer());
}

thread_local int of_the_program = 0;

// Module 1 is the program; the TLS of other modules is found in the same way.
TEST(TcbDtv, OfThisThread_LeadsToTheProgramsThreadLocals) {
  struct Entry {
    char* tls;
    void* to_free;
  };
  const auto* vector = static_cast<const Entry*>(*TcbDtv(ThreadPointer()));
  const auto modules = reinterpret_cast<uintptr_t>(vector[-1].tls);
  EXPECT_GT(modules, 1u);
  EXPECT_LT(modules, 10'000u);
  const char* object = reinterpret_cast<const char*>(&of_the_program);
  EXPECT_GE(object, vector[1].tls);
  EXPECT_LT(object, vector[1].tls + 100'000);
}

TEST(AtSystemCall, SystemCallAndOthers_AreToldApart) {
  EXPECT_TRUE(AtSystemCall(reinterpret_cast<uintptr_t>(kSystemCall)));
  EXPECT_FALSE(AtSystemCall(reinterpret_cast<uintptr_t>(kNoSystemCall)));
}

}  // namespace
}  // namespace jiffy::arch
