// The head of a thread block has the contents that the ABI requires.
#include <cstdint>
#include <cstring>
#include <memory>

#include "arch/context.h"
#include "gtest/gtest.h"

namespace jiffy::arch {
namespace {

constexpr uintptr_t kGuard = 0x1122'3300;

TEST(TcbHead, InitTcbHead_FillsInWhatTheAbiFixes) {
  alignas(64) char head[4096] = {};
  InitTcbHead(head, ThreadPointer(), kGuard);
  char* self;
  memcpy(&self, head + kTcbSelf, sizeof self);
  EXPECT_EQ(self, head);
  memcpy(&self, head + kTcbSelf2, sizeof self);
  EXPECT_EQ(self, head);
  EXPECT_EQ(TcbStackGuard(head), kGuard);
  // libc calls the kernel through it.
  EXPECT_EQ(memcmp(head + kTcbSystemCall, ThreadPointer() + kTcbSystemCall,
                   sizeof(uintptr_t)),
            0);
  // setjmp and atexit mangle pointers with it: it must be the process's.
  EXPECT_EQ(memcmp(head + kTcbPointerGuard, ThreadPointer() + kTcbPointerGuard,
                   sizeof(uintptr_t)),
            0);
}

TEST(TcbHead, TcbStackGuard_OfThisThread_IsTheCompilers) {
  uintptr_t guard;
  asm("movl %%gs:0x14, %0" : "=r"(guard));
  EXPECT_EQ(TcbStackGuard(ThreadPointer()), guard);
}

}  // namespace
}  // namespace jiffy::arch
