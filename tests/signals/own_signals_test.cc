// A green thread has its own signal mask and alternate stack, as an OS thread
// has: other threads do not affect them, and they survive preemption.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/irq.h"
#include "signals/signal_mask.h"
#include "tests/runtime/program_signals.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// Lets other threads run, including those that only a tick interrupts.
void LetOthersRun(int i) {
  switch (i % 3) {
    case 0:
      SpinForTicks(2);
      break;
    case 1:
      this_thread::Yield();
      break;
    default:
      this_thread::SleepFor(absl::Microseconds(100));
  }
}

class OwnSignalsTest : public EveryRunModeTest {
 protected:
  OwnSignalsTest() { repetitions_ = 2; }
};

// Two threads that keep checking for errors until Join: one is switched away
// from in the tick's handler, the other switches by its own calls.
class Bystanders {
 public:
  explicit Bystanders(std::function<bool()> is_wrong)
      : is_wrong_(std::move(is_wrong)),
        hog_(ShortTurns(),
             [this] {
               while (!stop_) wrong_in_hog_ += is_wrong_();
             }),
        sleeper_(ShortTurns(), [this] {
          while (!stop_) {
            this_thread::SleepFor(absl::Microseconds(50));
            wrong_in_sleeper_ += is_wrong_();
          }
        }) {}

  void Join() {
    stop_ = true;
    EXPECT_TRUE(hog_.Join().ok());
    EXPECT_TRUE(sleeper_.Join().ok());
    EXPECT_EQ(wrong_in_hog_, 0);
    EXPECT_EQ(wrong_in_sleeper_, 0);
  }

 private:
  const std::function<bool()> is_wrong_;
  std::atomic<bool> stop_ = false;
  int wrong_in_hog_ = 0;
  int wrong_in_sleeper_ = 0;
  Thread hog_;
  Thread sleeper_;
};

TEST_P(OwnSignalsTest, MaskOfOneThread_StaysItsOwnBesideAHog) {
  Run([] {
    Bystanders others([] { return IsBlocked(SIGUSR1); });
    int wrong = 0;
    for (int round = 0; round < 3; ++round) {
      Block(SIGUSR1);
      for (int i = 0; i < 9; ++i) {
        wrong += !IsBlocked(SIGUSR1);
        LetOthersRun(i);
        wrong += !IsBlocked(SIGUSR1);
      }
      Unblock(SIGUSR1);
      for (int i = 0; i < 9; ++i) {
        LetOthersRun(i);
        wrong += IsBlocked(SIGUSR1);
      }
    }
    others.Join();
    EXPECT_EQ(wrong, 0);
  });
}

TEST_P(OwnSignalsTest, AlternateStackOfOneThread_StaysItsOwnBesideAHog) {
  Run([] {
    const void* workers = AlternateStackNow();
    Bystanders others([=] { return AlternateStackNow() != workers; });
    int wrong = 0;
    for (int round = 0; round < 3; ++round) {
      {
        const OwnAlternateStack own;
        for (int i = 0; i < 9; ++i) {
          LetOthersRun(i);
          wrong += AlternateStackNow() != own.memory();
        }
      }
      LetOthersRun(round);
      wrong += AlternateStackNow() != workers;
    }
    others.Join();
    EXPECT_EQ(wrong, 0);
  });
}

TEST_P(OwnSignalsTest, AlternateStackDisabled_IsTheWorkersAgain) {
  Run([] {
    const void* workers = AlternateStackNow();
    const OwnAlternateStack own;
    stack_t off = {};
    off.ss_flags = SS_DISABLE;
    ASSERT_EQ(sigaltstack(&off, nullptr), 0);
    EXPECT_EQ(AlternateStackNow(), workers);
    LetOthersRun(1);
    EXPECT_EQ(AlternateStackNow(), workers);
  });
}

TEST_P(OwnSignalsTest, NewThread_InheritsTheMaskOfWhoSpawnsIt) {
  Run([] {
    // The mask that a thread is told includes the tick's signal, too.
    for (const int signal : {SIGUSR1, SIGALRM}) {
      Block(signal);
      bool first = false;
      bool second = true;
      Thread inherits([&] { first = IsBlocked(signal); });
      EXPECT_TRUE(inherits.Join().ok());
      Unblock(signal);
      // On the stack of the thread before.
      Thread has_none([&] { second = IsBlocked(signal); });
      EXPECT_TRUE(has_none.Join().ok());
      EXPECT_TRUE(first) << signal;
      EXPECT_FALSE(second) << signal;
    }
  });
}

// The tick's bit in the kernel's mask belongs to the spawning thread only.
TEST_P(OwnSignalsTest, NewThreadOfOneUnderIrqSave_IsPreempted) {
  Run([] {
    std::atomic<bool> stop = false;
    bool preempted = false;
    Block(SIGUSR1);
    const signals::IrqFlags flags = signals::IrqSave();
    Thread hog(ShortTurns(), [&] {
      // Long enough for any tick, but finite if none comes.
      for (uint64_t i = 0; i < 2'000'000'000 && !stop; ++i) {
      }
      preempted = stop;
    });
    signals::IrqRestore(flags);
    Unblock(SIGUSR1);
    // Returns when the hog is preempted, or ends.
    this_thread::Yield();
    stop = true;
    EXPECT_TRUE(hog.Join().ok());
    EXPECT_TRUE(preempted);
  });
}

TEST_P(OwnSignalsTest, ThreadEndsWithAMask_OthersRunWithTheirs) {
  Run([] {
    Thread blocks([] {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, nullptr);
    });
    EXPECT_TRUE(blocks.Join().ok());
    EXPECT_FALSE(IsBlocked(SIGUSR1));
    EXPECT_FALSE(IsBlocked(SIGALRM));
  });
}

// An OS thread that blocks all signals is preempted, too.
TEST_P(OwnSignalsTest, ThreadThatBlocksAllSignals_IsPreempted) {
  Run([] {
    std::atomic<uint64_t> count = 0;
    std::atomic<bool> stop = false;
    Thread other(ShortTurns(), [&] {
      while (!stop) count++;
    });
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < 5; ++i) {
      const uint64_t seen = count;
      while (count == seen) {
      }
    }
    EXPECT_TRUE(IsBlocked(SIGALRM)) << "it is told what it asked for";
    sigprocmask(SIG_SETMASK, &before, &all);
    EXPECT_EQ(sigismember(&all, SIGALRM), 1);
    EXPECT_FALSE(IsBlocked(SIGALRM));
    stop = true;
  });
}

TEST_P(OwnSignalsTest, MaskSetUnderIrqSave_TicksStayOff) {
  Run([] {
    const auto kernel_blocks_ticks = [] {
      return (signals::KernelMask() & signals::SignalBit(SIGALRM)) != 0;
    };
    const signals::IrqFlags flags = signals::IrqSave();
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    EXPECT_TRUE(kernel_blocks_ticks());
    signals::IrqRestore(flags);
    EXPECT_FALSE(kernel_blocks_ticks());
  });
}

std::atomic<int> handled = 0;
void CountSignal(int) { handled++; }

// Installs a handler for SIGUSR1 while in scope.
struct CountsSignals {
  CountsSignals() { handled = 0; }
  const Handles handles{SIGUSR1, &CountSignal};
};

TEST_P(OwnSignalsTest, SignalThatAllThreadsBlock_StaysPendingWhileIdle) {
  const CountsSignals counts;
  Run([] {
    handled = 0;
    Block(SIGUSR1);
    Thread other([] { this_thread::SleepFor(absl::Milliseconds(2)); });
    kill(getpid(), SIGUSR1);
    // The worker is idle meanwhile.
    this_thread::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(other.Join().ok());
    EXPECT_EQ(handled, 0);
    Unblock(SIGUSR1);
    EXPECT_EQ(handled, 1);
  });
}

// The first wait after the call works like later ones.
TEST_P(OwnSignalsTest, SignalThatTheOnlyThreadBlocks_StaysPendingWhileIdle) {
  const CountsSignals counts;
  Run([] {
    handled = 0;
    for (int i = 1; i <= 3; ++i) {
      Block(SIGUSR1);
      kill(getpid(), SIGUSR1);
      this_thread::SleepFor(absl::Milliseconds(1));
      EXPECT_EQ(handled, i - 1);
      Unblock(SIGUSR1);
      EXPECT_EQ(handled, i);
    }
  });
}

// Neither the first nor the last of the threads takes the signal, and the one
// that does sleeps, with its own mask.
TEST_P(OwnSignalsTest, SignalThatOneThreadTakes_IsTakenWhileIdle) {
  const CountsSignals counts;
  Run([] {
    handled = 0;
    Event end;
    Thread takes([&] {
      Block(SIGUSR2);
      end.Wait();
    });
    Block(SIGUSR1);
    Thread blocks([&] { end.Wait(); });
    const auto waits = [](const Thread& thread) {
      return thread.Stats().voluntary_switches > 0;
    };
    while (!waits(takes) || !waits(blocks)) this_thread::Yield();
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(handled, 0);
    // The worker is idle meanwhile.
    this_thread::SleepFor(absl::Milliseconds(1));
    EXPECT_EQ(handled, 1);
    end.Set();
    EXPECT_TRUE(takes.Join().ok());
    EXPECT_TRUE(blocks.Join().ok());
    Unblock(SIGUSR1);
  });
}

// A jump sets the mask without a call that we see, but a tick sees the result.
TEST_P(OwnSignalsTest, MaskSetByAJump_IsKeptOnceATickSawIt) {
  Run([] {
    sigjmp_buf jump;
    Block(SIGUSR1);
    volatile bool jumped = false;
    if (sigsetjmp(jump, 1) == 0) {
      Unblock(SIGUSR1);
      this_thread::SleepFor(absl::Microseconds(10));
      jumped = true;
      siglongjmp(jump, 1);
    }
    EXPECT_TRUE(jumped);
    SpinForTicks(3);
    std::atomic<bool> other_blocked = false;
    std::atomic<bool> stop = false;
    Thread other(ShortTurns(), [&] {
      Unblock(SIGUSR1);  // The mask that it inherited.
      while (!stop) {
        if (IsBlocked(SIGUSR1)) other_blocked = true;
        this_thread::SleepFor(absl::Microseconds(50));
      }
    });
    this_thread::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(IsBlocked(SIGUSR1));
    stop = true;
    EXPECT_TRUE(other.Join().ok());
    EXPECT_FALSE(other_blocked);
    Unblock(SIGUSR1);
  });
}

TEST(OwnSignalsArguments, Wrong_AreRefusedAsByTheKernel) {
  ASSERT_TRUE(jiffy::Run({}, [] {
                sigset_t set;
                sigemptyset(&set);
                EXPECT_EQ(pthread_sigmask(77, &set, nullptr), EINVAL);
                errno = 0;
                EXPECT_EQ(sigprocmask(77, &set, nullptr), -1);
                EXPECT_EQ(errno, EINVAL);
                stack_t small = {};
                small.ss_sp = &set;
                small.ss_size = 1;
                EXPECT_EQ(sigaltstack(&small, nullptr), -1);
                EXPECT_EQ(errno, ENOMEM);
              }).ok());
}

INSTANTIATE_TEST_SUITE_P(RunModes, OwnSignalsTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
