// Changes that a handler makes to its thread's state are undone when the
// handler returns.
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/program_signals.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// A handler may wait only where threads have thread blocks of their own.
class HandlerStateTest : public OwnTlsTest {
 protected:
  HandlerStateTest() { repetitions_ = 2; }
};

// Waits, which makes the runtime read the thread's state.
void Nap() { usleep(100); }

void UnblockAllAndNap(int) {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  Nap();
}

TEST_P(HandlerStateTest, HandlerUnblocksAll_MaskIsBackAfterIt) {
  const Handles handles(SIGUSR1, &UnblockAllAndNap);
  Run([] {
    Block(SIGUSR2);
    raise(SIGUSR1);
    EXPECT_TRUE(IsBlocked(SIGUSR2));
    Nap();
    EXPECT_TRUE(IsBlocked(SIGUSR2));
    Unblock(SIGUSR2);
  });
}

void DisableStackAndNap(int) {
  stack_t off = {};
  off.ss_flags = SS_DISABLE;
  sigaltstack(&off, nullptr);
  Nap();
}

TEST_P(HandlerStateTest, HandlerDisablesTheStack_StackIsTheThreadsAfterIt) {
  const Handles handles(SIGUSR1, &DisableStackAndNap);
  Run([] {
    const OwnAlternateStack own;
    raise(SIGUSR1);
    EXPECT_EQ(AlternateStackNow(), own.memory());
    const void* others = nullptr;
    Thread other([&] { others = AlternateStackNow(); });
    EXPECT_TRUE(other.Join().ok());
    EXPECT_NE(others, own.memory());
    EXPECT_EQ(AlternateStackNow(), own.memory());
  });
}

std::atomic<bool> was_off = false;
void LookWhetherStackIsOff(int) {
  stack_t stack;
  sigaltstack(nullptr, &stack);
  was_off = (stack.ss_flags & SS_DISABLE) != 0;
}

TEST_P(HandlerStateTest, AutoDisarm_StackIsOffInTheHandlerOnly) {
  const Handles handles(SIGUSR1, &LookWhetherStackIsOff, SA_ONSTACK);
  Run([] {
    // SS_AUTODISARM, which libc does not name.
    const OwnAlternateStack own(static_cast<int>(1u << 31));
    was_off = false;
    raise(SIGUSR1);
    EXPECT_TRUE(was_off);
    EXPECT_EQ(AlternateStackNow(), own.memory());
  });
}

std::atomic<int> seen_errno = 0;
void LookAtErrno(int) { seen_errno = errno; }

TEST_P(HandlerStateTest, Errno_IsWhatTheInterruptedCodeHad) {
  const Handles handles(SIGUSR1, &LookAtErrno, 0, /*full_mask=*/true);
  Run([] {
    errno = ENOENT;
    raise(SIGUSR1);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_EQ(seen_errno, ENOENT);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, HandlerStateTest,
                         ::testing::ValuesIn(OwnTlsRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
