// The thread pointer goes with the task, or stays, as the switch says; and the
// head of a thread block is what the ABI wants.
#include <cstdint>
#include <cstring>
#include <memory>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "tests/arch/test_context.h"

namespace jiffy::arch {
namespace {

constexpr uintptr_t kGuard = 0x1122'3344'5566'7700;

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
  if (!HasUserThreadPointer()) {
    GTEST_SKIP() << "this kernel lets no program set its thread pointer";
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

TEST_F(ThreadPointerTest, InitTcbHead_FillsInWhatTheAbiFixes) {
  char* const head = block_->head;
  char* self;
  memcpy(&self, head + kTcbSelf, sizeof self);
  EXPECT_EQ(self, head);
  memcpy(&self, head + kTcbSelf2, sizeof self);
  EXPECT_EQ(self, head);
  EXPECT_EQ(TcbStackGuard(head), kGuard);
  // setjmp and atexit mangle pointers with it: it must be the process's.
  EXPECT_EQ(memcmp(head + kTcbPointerGuard, ThreadPointer() + kTcbPointerGuard,
                   sizeof(uintptr_t)),
            0);
}

TEST_F(ThreadPointerTest, TcbStackGuard_OfThisThread_IsTheCompilers) {
  uintptr_t guard;
  asm("mov %%fs:0x28, %0" : "=r"(guard));
  EXPECT_EQ(TcbStackGuard(ThreadPointer()), guard);
}

TEST(AtSystemCall, SystemCallAndOthers_AreToldApart) {
  const unsigned char system_call[] = {0x0f, 0x05};
  const unsigned char other[] = {0x0f, 0x0b};
  const unsigned char shifted[] = {0x90, 0x0f, 0x05};
  EXPECT_TRUE(AtSystemCall(reinterpret_cast<uintptr_t>(system_call)));
  EXPECT_FALSE(AtSystemCall(reinterpret_cast<uintptr_t>(other)));
  EXPECT_FALSE(AtSystemCall(reinterpret_cast<uintptr_t>(shifted)));
}

}  // namespace
}  // namespace jiffy::arch
