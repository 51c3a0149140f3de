// What a signal's frame reveals about the futex wait that it interrupted.
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "signals/interrupted.h"
#include "tests/runtime/futex_call.h"

namespace jiffy::signals {
namespace {

struct Seen {
  bool at_call = false;
  bool ended_call = false;
  FutexWait wait;
  bool waits = false;
  // The same frame read as if there were a time limit.
  FutexWait with_limit;
};
Seen seen;
std::atomic<uint32_t> word;
std::atomic<bool> handled;

void Look(int, siginfo_t*, void* argument) {
  auto* uc = static_cast<ucontext_t*>(argument);
  const uintptr_t pc = arch::InterruptedPc(uc);
  seen.at_call = arch::AtSystemCall(pc);
  seen.ended_call = arch::EndedSystemCall(uc, pc);
  if (seen.at_call) {
    seen.wait = FutexWaitInHandler(uc);
    seen.waits = seen.wait.word != nullptr && StillWaitsInHandler(seen.wait);
    ucontext_t limited = *uc;
#if defined(__x86_64__)
    limited.uc_mcontext.gregs[REG_R10] = 1;
#elif defined(__i386__)
    limited.uc_mcontext.gregs[REG_ESI] = 1;
#elif defined(__aarch64__)
    limited.uc_mcontext.regs[3] = 1;
#elif defined(__riscv)
    limited.uc_mcontext.__gregs[REG_A0 + 3] = 1;
#endif
    seen.with_limit = FutexWaitInHandler(&limited);
  }
  handled = true;
}

class FutexWaitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    struct sigaction action = {};
    action.sa_sigaction = &Look;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGUSR1, &action, &before_);
    seen = {};
    word = 0;
    handled = false;
  }
  void TearDown() override { sigaction(SIGUSR1, &before_, nullptr); }

  // Makes a thread wait for the word, and interrupts it once it waits.
  void Interrupt(const timespec* limit) {
    std::atomic<long> id = 0;
    std::thread waiter([&] {
      id = syscall(SYS_gettid);
      while (word == 0) {
        WaitForFutex(&word, 0, limit);
      }
    });
    while (id == 0) std::this_thread::yield();
    // A signal that comes before the wait shows nothing.
    do {
      handled = false;
      const timespec some = {.tv_sec = 0, .tv_nsec = 1'000'000};
      nanosleep(&some, nullptr);
      syscall(SYS_tgkill, getpid(), id.load(), SIGUSR1);
      while (!handled) std::this_thread::yield();
    } while (!seen.at_call && !seen.ended_call);
    word = 1;
    WakeFutex(&word, 1);
    waiter.join();
  }

 private:
  struct sigaction before_;
};

TEST_F(FutexWaitTest, WithoutTimeLimit_TellsTheWordAndItsValue) {
  Interrupt(nullptr);
  EXPECT_TRUE(seen.at_call);
  EXPECT_EQ(static_cast<void*>(seen.wait.word), static_cast<void*>(&word));
  EXPECT_EQ(seen.wait.expected, 0u);
  EXPECT_TRUE(seen.waits);
}

TEST_F(FutexWaitTest, WordChangedOrGone_WaitsNoMore) {
  Interrupt(nullptr);
  EXPECT_FALSE(StillWaitsInHandler(seen.wait));
  seen.wait.word = nullptr;
  EXPECT_FALSE(StillWaitsInHandler(seen.wait));
}

// The time limit would not end the wait while the thread is set aside.
TEST_F(FutexWaitTest, WithTimeLimit_IsNone) {
  Interrupt(nullptr);
  EXPECT_EQ(seen.with_limit.word, nullptr);
}

TEST_F(FutexWaitTest, WithTimeLimitInTheKernel_HasEnded) {
  const timespec limit = {.tv_sec = 100, .tv_nsec = 0};
  Interrupt(&limit);
  EXPECT_TRUE(seen.ended_call);
}

}  // namespace
}  // namespace jiffy::signals
