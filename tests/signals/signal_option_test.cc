// Any signal that a handler can take serves as the timer interrupt.
#include <signal.h>
#include <time.h>

#include <atomic>
#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/irq.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class SignalOptionTest : public RunTest,
                         public ::testing::WithParamInterface<int> {
 protected:
  SignalOptionTest() { options_.signal = GetParam(); }

  void SetUp() override {
    RunTest::SetUp();
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = GetParam();
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
      // An emulator reserves signals for itself.
      GTEST_SKIP() << "no timer can send the signal here";
    }
    timer_delete(timer);
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    struct sigaction before;
    if (sigaction(GetParam(), &action, &before) != 0) {
      // Valgrind reserves the last one, too.
      GTEST_SKIP() << "no handler can take the signal here";
    }
    sigaction(GetParam(), &before, nullptr);
  }
};

std::atomic<int> alarms = 0;

TEST_P(SignalOptionTest, TickSignal_Preempts) {
  Run([] {
    std::atomic<bool> stop = false;
    std::atomic<int> count = 0;
    Thread hog([&] {
      while (!stop) count++;
    });
    while (count == 0) {
    }
    stop = true;
  });
  EXPECT_GT(stats().preemptions, 0u);
}

TEST_P(SignalOptionTest, IrqSave_BlocksThatSignal) {
  Run([] {
    const signals::IrqFlags flags = signals::IrqSave();
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, GetParam()), 1);
    signals::IrqRestore(flags);
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, GetParam()), 0);
  });
}

TEST_P(SignalOptionTest, AlarmSignal_IsThePrograms) {
  // The program has SIGALRM for itself only if another signal is the tick's.
  if (GetParam() == SIGALRM) GTEST_SKIP() << "it is the tick's";
  struct sigaction action = {};
  action.sa_handler = [](int) { alarms++; };
  struct sigaction before;
  sigaction(SIGALRM, &action, &before);
  alarms = 0;
  Run([] {
    raise(SIGALRM);
    SpinForTicks(2);
  });
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(alarms, repetitions_);
}

TEST_P(SignalOptionTest, AfterTheRun_ActionIsTheProgramsAgain) {
  struct sigaction before;
  sigaction(GetParam(), nullptr, &before);
  Run([] { SpinForTicks(2); });
  struct sigaction after;
  sigaction(GetParam(), nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

INSTANTIATE_TEST_SUITE_P(Signals, SignalOptionTest,
                         ::testing::Values(SIGALRM, SIGUSR1, SIGPROF,
                                           SIGRTMIN + 3, SIGRTMAX),
                         [](const ::testing::TestParamInfo<int>& info) {
                           return info.param < SIGRTMIN
                                      ? std::string(sigabbrev_np(info.param))
                                      : "RTMIN_" + std::to_string(info.param -
                                                                  SIGRTMIN);
                         });

}  // namespace
}  // namespace jiffy
