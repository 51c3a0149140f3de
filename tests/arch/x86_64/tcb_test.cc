// The head of a thread block has the contents that the ABI requires.
#include <cstdint>
#include <cstring>
#include <memory>

#include "arch/context.h"
#include "gtest/gtest.h"

namespace jiffy::arch {
namespace {

constexpr uintptr_t kGuard = 0x1122'3344'5566'7700;

TEST(TcbHead, InitTcbHead_FillsInWhatTheAbiFixes) {
  alignas(64) char head[4096] = {};
  InitTcbHead(head, ThreadPointer(), kGuard);
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

TEST(TcbHead, TcbStackGuard_OfThisThread_IsTheCompilers) {
  uintptr_t guard;
  asm("mov %%fs:0x28, %0" : "=r"(guard));
  EXPECT_EQ(TcbStackGuard(ThreadPointer()), guard);
}

}  // namespace
}  // namespace jiffy::arch
