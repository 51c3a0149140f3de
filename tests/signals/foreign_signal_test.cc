// The tick's signal, when others send it, does no harm and reaches the handler
// that the program installed before the run. After the run the program has all
// of its settings back.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/program_action.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "tests/runtime/program_signals.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

std::atomic<int> handled = 0;
std::atomic<int> handled_code = 0;

void CountSignal(int) { handled++; }
void CountSigInfo(int, siginfo_t* info, void*) {
  handled++;
  handled_code = info->si_code;
}

// Sets an action for SIGALRM while in scope.
class Action {
 public:
  explicit Action(void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    sigaction(SIGALRM, &action, &before_);
    handled = 0;
  }
  explicit Action(void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGALRM, &action, &before_);
    handled = 0;
  }
  ~Action() { sigaction(SIGALRM, &before_, nullptr); }
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;

 private:
  struct sigaction before_;
};

class ForeignSignalTest : public EveryRunModeTest {
 protected:
  ForeignSignalTest() { repetitions_ = 1; }

  // Lets two threads send themselves signals until `enough` returns true. Two,
  // because the kernel drops a signal that comes while a tick is pending.
  void RunWithSignals(void (*send)(), bool (*enough)(int sent)) {
    Run([=] {
      Thread other([=] {
        for (int sent = 0; !enough(sent); ++sent) {
          send();
          this_thread::Yield();
        }
      });
      for (int sent = 0; !enough(sent); ++sent) {
        send();
        SpinForTicks(1);
      }
    });
  }
};

TEST_P(ForeignSignalTest, Raise_ReachesTheEarlierHandler) {
  const Action action(&CountSignal);
  RunWithSignals([] { raise(SIGALRM); }, [](int) { return handled >= 100; });
}

TEST_P(ForeignSignalTest, Kill_ReachesTheEarlierHandlerWithItsInfo) {
  const Action action(&CountSigInfo);
  RunWithSignals([] { kill(getpid(), SIGALRM); },
                 [](int) { return handled >= 100; });
  EXPECT_EQ(handled_code, SI_USER);
}

TEST_P(ForeignSignalTest, IntervalTimer_ReachesTheEarlierHandler) {
  const Action action(&CountSignal);
  Run([] {
    const itimerval soon = {.it_interval = {0, 500}, .it_value = {0, 500}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    while (handled < 10) SpinForTicks(1);
    const itimerval off = {};
    setitimer(ITIMER_REAL, &off, nullptr);
  });
  EXPECT_GE(handled, 10);
}

// What the handler of the next tests saw, and when it must leave by a jump.
uint64_t seen_mask = 0;
bool seen_on_alternate_stack = false;
sigjmp_buf jump;

void NoteContext(int) {
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  seen_mask = signals::MaskOf(set);
  stack_t stack;
  sigaltstack(nullptr, &stack);
  seen_on_alternate_stack =
      reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) -
          reinterpret_cast<uintptr_t>(stack.ss_sp) <
      stack.ss_size;
  handled++;
}

void Leave(int) {
  handled++;
  siglongjmp(jump, 1);
}

// Sends the signal until the handler has run, and continues if that jumps.
[[gnu::noinline]] void SendUntilHandled(bool save_mask) {
  handled = 0;
  if (sigsetjmp(jump, save_mask ? 1 : 0) != 0) return;
  while (handled == 0) raise(SIGALRM);
}

constexpr char kTsanCallsHandlers[] =
    "ThreadSanitizer calls handlers itself: later, all signals blocked";

// As the kernel would call it.
TEST_P(ForeignSignalTest, EarlierHandler_HasItsOwnMaskAndStack) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << kTsanCallsHandlers;
  for (const int flags : {0, SA_NODEFER, SA_ONSTACK}) {
    SCOPED_TRACE(flags);
    struct sigaction action = {};
    action.sa_handler = &NoteContext;
    action.sa_flags = flags;
    sigaddset(&action.sa_mask, SIGUSR1);
    struct sigaction before;
    sigaction(SIGALRM, &action, &before);
    Run([&] {
      sigset_t set;
      pthread_sigmask(SIG_SETMASK, nullptr, &set);
      SendUntilHandled(true);
      uint64_t wanted = signals::MaskOf(set) | signals::SignalBit(SIGUSR1);
      if ((flags & SA_NODEFER) == 0) wanted |= signals::SignalBit(SIGALRM);
      EXPECT_EQ(seen_mask, wanted);
      if (!signals::kPreemptsInProgram && !signals::kValgrind) {
        EXPECT_EQ(seen_on_alternate_stack, flags == SA_ONSTACK);
      }
      SpinForTicks(2);
    });
    sigaction(SIGALRM, &before, nullptr);
  }
}

uintptr_t outer_frame = 0;
uintptr_t inner_frame = 0;

void NoteInnerFrame(int) {
  inner_frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
}
void SendFromAHandler(int) {
  outer_frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  while (inner_frame == 0) raise(SIGALRM);
}

// The alternate stack is in use: the handler must not start at its top again.
TEST_P(ForeignSignalTest, EarlierHandlerOnTheStackOfAnother_RunsBelowIt) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << kTsanCallsHandlers;
  const Handles earlier(SIGALRM, &NoteInnerFrame, SA_ONSTACK);
  Run([] {
    const Handles sends(SIGUSR1, &SendFromAHandler, SA_ONSTACK);
    inner_frame = 0;
    raise(SIGUSR1);
    EXPECT_LT(inner_frame, outer_frame);
    EXPECT_GT(inner_frame, outer_frame - (size_t{64} << 10));
  });
}

TEST_P(ForeignSignalTest, EarlierHandlerWithResetHand_RunsOnce) {
  struct sigaction action = {};
  action.sa_handler = &CountSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  struct sigaction before;
  sigaction(SIGALRM, &action, &before);
  handled = 0;
  RunWithSignals([] { raise(SIGALRM); }, [](int sent) { return sent == 20; });
  EXPECT_EQ(handled, 1);
  struct sigaction now;
  sigaction(SIGALRM, &before, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

// A jump that leaves the signal blocked, as without a run, stops ticks only
// until the next switch.
TEST_P(ForeignSignalTest, EarlierHandlerLeavesByAJump_TicksGoOn) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << "its siglongjmp is its own";
  const Action action(&Leave);
  for (const bool save_mask : {false, true}) {
    Run([&] {
      std::atomic<bool> stop = false;
      std::atomic<int> turns = 0;
      Thread other([&] {
        while (!stop) {
          turns++;
          this_thread::Yield();
        }
      });
      SendUntilHandled(save_mask);
      // Until the other thread has had the CPU.
      for (const int before = turns; turns == before;) this_thread::Yield();
      SpinForTicks(5);
      stop = true;
    });
  }
}

TEST_P(ForeignSignalTest, EarlierHandlerLeavesByAJump_ThreadKeepsItsMask) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << "its siglongjmp is its own";
  const Action action(&Leave);
  Run([] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    SendUntilHandled(true);
    this_thread::SleepFor(absl::Microseconds(100));
    sigset_t mask;
    pthread_sigmask(SIG_UNBLOCK, &set, &mask);
    EXPECT_EQ(sigismember(&mask, SIGUSR1), 1);
  });
}

TEST_P(ForeignSignalTest, HandlerInstalledInMidRun_StaysAfterTheRun) {
  struct sigaction before;
  sigaction(SIGALRM, nullptr, &before);
  Run([] {
    struct sigaction action = {};
    action.sa_handler = &CountSignal;
    sigaction(SIGALRM, &action, nullptr);
  });
  struct sigaction now;
  sigaction(SIGALRM, &before, &now);
  EXPECT_EQ(now.sa_handler, &CountSignal);
}

// A stray signal does not kill the program, as the default action would.
TEST_P(ForeignSignalTest, DefaultOrIgnoredAction_IsDropped) {
  for (void (*handler)(int) : {SIG_DFL, SIG_IGN}) {
    const Action action(handler);
    RunWithSignals([] { raise(SIGALRM); }, [](int sent) { return sent == 20; });
  }
}

TEST_P(ForeignSignalTest, AfterTheRun_EarlierHandlerIsBack) {
  const Action action(&CountSigInfo);
  Run([] {});
  struct sigaction now;
  sigaction(SIGALRM, nullptr, &now);
  EXPECT_EQ(now.sa_sigaction, &CountSigInfo);
  EXPECT_TRUE((now.sa_flags & SA_SIGINFO) != 0);
  raise(SIGALRM);
  EXPECT_EQ(handled, 1);
}

TEST_P(ForeignSignalTest, BlockedBefore_RunTicksAndItIsBlockedAfter) {
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  Run([] { SpinForTicks(3); });
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(sigismember(&after, SIGALRM), 1);
}

// A signal that was pending before the run goes to the earlier handler.
TEST_P(ForeignSignalTest, PendingBefore_ReachesTheEarlierHandler) {
  const Action action(&CountSignal);
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  raise(SIGALRM);
  Run([] {});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(handled, 1);
}

TEST_P(ForeignSignalTest, AlternateStackOfTheProgram_IsKept) {
  constexpr size_t kSize = size_t{64} << 10;
  const auto memory = std::make_unique<char[]>(kSize);
  stack_t stack = {};
  stack.ss_sp = memory.get();
  stack.ss_size = kSize;
  stack_t before;
  sigaltstack(&stack, &before);
  Run([&] {
    stack_t inside;
    sigaltstack(nullptr, &inside);
    EXPECT_EQ(inside.ss_sp, memory.get());
  });
  stack_t after;
  sigaltstack(&before, &after);
  EXPECT_EQ(after.ss_sp, memory.get());
  EXPECT_EQ(after.ss_size, kSize);
}

TEST_P(ForeignSignalTest, NoAlternateStackBefore_NoneAfter) {
  Run([] {
    stack_t inside;
    sigaltstack(nullptr, &inside);
    EXPECT_EQ(inside.ss_flags & SS_DISABLE, 0) << "none to tell overflows from";
  });
  stack_t after;
  sigaltstack(nullptr, &after);
  EXPECT_EQ(after.ss_flags & SS_DISABLE, SS_DISABLE);
}

INSTANTIATE_TEST_SUITE_P(RunModes, ForeignSignalTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
