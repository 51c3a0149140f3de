// A fault that is no overflow runs the program's handler as the kernel would:
// with the mask and the flags that the program set. The handler may leave by a
// jump, and threads are preempted as before.
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/program_action.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::KilledBySignal;

// What the last call of a handler saw.
struct Seen {
  int calls = 0;
  uint64_t mask = 0;
  const void* address = nullptr;
  int code = 0;
};
Seen seen;

char* page = nullptr;
size_t page_size = 0;
sigjmp_buf jump;

uint64_t CurrentMask() {
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  return signals::MaskOf(set);
}

void Note() {
  ++seen.calls;
  seen.mask = CurrentMask();
}

void Mend(int, siginfo_t* info, void*) {
  Note();
  seen.address = info->si_addr;
  seen.code = info->si_code;
  mprotect(page, page_size, PROT_READ | PROT_WRITE);
}

void MendWithoutInfo(int) {
  Note();
  mprotect(page, page_size, PROT_READ | PROT_WRITE);
}

void Leave(int) {
  Note();
  siglongjmp(jump, 1);
}

// The fault is an access to memory that does not exist.
void Touch() {
  const signals::UncheckedAccess unchecked;
  *static_cast<volatile char*>(page) = 1;
}

// Touches the page, and continues if the handler jumps.
[[gnu::noinline]] void TouchAndReturn(bool save_mask) {
  if (sigsetjmp(jump, save_mask ? 1 : 0) == 0) Touch();
}

class ProgramFaultTest : public EveryRunModeTest {
 protected:
  void SetUp() override {
    EveryRunModeTest::SetUp();
    page_size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    page = static_cast<char*>(mmap(nullptr, page_size, PROT_NONE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(static_cast<void*>(page), MAP_FAILED);
    sigaction(SIGSEGV, nullptr, &segv_);
    sigaction(SIGBUS, nullptr, &bus_);
    seen = {};
  }
  void TearDown() override {
    sigaction(SIGSEGV, &segv_, nullptr);
    sigaction(SIGBUS, &bus_, nullptr);
    munmap(page, page_size);
    EveryRunModeTest::TearDown();
  }

  // SIGUSR1 represents the signals in a program's sa_mask.
  static void Install(int signal, int flags, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaction(signal, &action, nullptr);
  }
  static void Install(int signal, int flags,
                      void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = flags | SA_SIGINFO;
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaction(signal, &action, nullptr);
  }

 private:
  struct sigaction segv_;
  struct sigaction bus_;
};

TEST_P(ProgramFaultTest, Handler_HasItsOwnMask) {
  for (const int flags : {0, SA_NODEFER, SA_ONSTACK, SA_NODEFER | SA_ONSTACK}) {
    SCOPED_TRACE(flags);
    Install(SIGSEGV, flags, &Mend);
    Run([&] {
      mprotect(page, page_size, PROT_NONE);
      const uint64_t before = CurrentMask();
      seen = {};
      Touch();
      EXPECT_EQ(seen.calls, 1);
      EXPECT_EQ(seen.address, page);
      EXPECT_EQ(seen.code, SEGV_ACCERR);
      uint64_t wanted = before | signals::SignalBit(SIGUSR1);
      if ((flags & SA_NODEFER) == 0) wanted |= signals::SignalBit(SIGSEGV);
      EXPECT_EQ(seen.mask, wanted);
      EXPECT_EQ(CurrentMask(), before);
      stack_t stack;
      sigaltstack(nullptr, &stack);
      EXPECT_EQ(stack.ss_flags & SS_DISABLE, 0);
    });
  }
}

TEST_P(ProgramFaultTest, HandlerWithoutInfo_Runs) {
  Install(SIGSEGV, 0, &MendWithoutInfo);
  Run([&] {
    mprotect(page, page_size, PROT_NONE);
    Touch();
  });
  EXPECT_EQ(seen.calls, repetitions_);
}

// A signal that was sent is no fault, and does not repeat.
TEST_P(ProgramFaultTest, SentSignal_ReachesTheHandlerOnce) {
  Install(SIGBUS, 0, &Mend);
  Run([&] {
    seen = {};
    raise(SIGBUS);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.code, SI_TKILL);
  });
}

TEST_P(ProgramFaultTest, SentSignalThatIsIgnored_ChangesNothing) {
  Install(SIGSEGV, 0, SIG_IGN);
  Run([] {
    struct sigaction before;
    sigaction(SIGSEGV, nullptr, &before);
    raise(SIGSEGV);
    struct sigaction after;
    sigaction(SIGSEGV, nullptr, &after);
    EXPECT_EQ(after.sa_handler, before.sa_handler) << "who tells of overflows?";
  });
}

TEST_P(ProgramFaultTest, ResetHand_RunsOnceOnly) {
  Install(SIGSEGV, static_cast<int>(SA_RESETHAND), &MendWithoutInfo);
  EXPECT_EXIT(RunOnce([] {
                Touch();
                mprotect(page, page_size, PROT_NONE);
                Touch();
              }).IgnoreError(),
              KilledBySignal(SIGSEGV), "");
  RunOnce([] { Touch(); }).IgnoreError();
  EXPECT_EQ(seen.calls, 1);
  struct sigaction now;
  sigaction(SIGSEGV, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

// Afterwards, with the same flags, masks are as in a std::thread.
TEST_P(ProgramFaultTest, LeftByAJump_MaskIsAsInAStdThread) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << "its siglongjmp is its own";
  for (const int flags : {0, SA_NODEFER, SA_ONSTACK, SA_NODEFER | SA_ONSTACK}) {
    for (const bool save_mask : {false, true}) {
      SCOPED_TRACE(flags);
      SCOPED_TRACE(save_mask);
      Install(SIGSEGV, flags, &Leave);
      uint64_t in_std = 0;
      std::thread([&] {
        TouchAndReturn(save_mask);
        in_std = CurrentMask();
      }).join();
      Run([&] {
        sigset_t before;
        pthread_sigmask(SIG_SETMASK, nullptr, &before);
        TouchAndReturn(save_mask);
        EXPECT_EQ(CurrentMask(), in_std);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
      });
    }
  }
}

TEST_P(ProgramFaultTest, LeftByAJump_ThreadIsPreemptedAsBefore) {
  if (signals::kThreadSanitizer) GTEST_SKIP() << "its siglongjmp is its own";
  // All signals are in sa_mask, and a jump without the mask leaves them
  // blocked: but not the tick's.
  struct sigaction action = {};
  action.sa_handler = &Leave;
  sigfillset(&action.sa_mask);
  sigaction(SIGSEGV, &action, nullptr);
  for (const bool save_mask : {false, true}) {
    Run([&] {
      sigset_t before;
      pthread_sigmask(SIG_SETMASK, nullptr, &before);
      TouchAndReturn(save_mask);
      std::atomic<bool> other_ran = false;
      Thread other([&] { other_ran = true; });
      while (!other_ran) {
      }
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
    });
  }
}

// ----------------------------------------------- many threads that fault

constexpr int kThreads = 6;
std::atomic<int> mended = 0;
char* pages = nullptr;

// Takes longer than many a turn.
void MendSlowly(int, siginfo_t* info, void*) {
  const auto offset =
      static_cast<size_t>(static_cast<char*>(info->si_addr) - pages);
  Compute(10'000);
  mprotect(pages + offset / page_size * page_size, page_size,
           PROT_READ | PROT_WRITE);
  ++mended;
}

// A thread that is preempted in its handler must not leave the signal blocked
// for other threads: the kernel would kill them.
TEST_P(ProgramFaultTest, ThreadsThatFaultWhileOthersAreInTheirHandler_GoOn) {
  pages = static_cast<char*>(mmap(nullptr, kThreads * page_size, PROT_NONE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(pages), MAP_FAILED);
  constexpr int kFaults = 5;
  for (const int flags : {0, SA_NODEFER, SA_ONSTACK}) {
    Install(SIGSEGV, flags, &MendSlowly);
    mended = 0;
    Run([] {
      std::deque<Thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([i] {
          const signals::UncheckedAccess unchecked;
          char* mine = pages + static_cast<size_t>(i) * page_size;
          for (int round = 0; round < kFaults; ++round) {
            mprotect(mine, page_size, PROT_NONE);
            *static_cast<volatile char*>(mine + round) = 1;
          }
        });
      }
    });
    EXPECT_EQ(mended, kThreads * kFaults * repetitions_);
  }
  munmap(pages, kThreads * page_size);
}

// ------------------------------------------------ installed during the run

TEST_P(ProgramFaultTest, InstalledInMidRun_RunsAndStaysAfterTheRun) {
  Run([] {
    Install(SIGSEGV, SA_ONSTACK, &Mend);
    mprotect(page, page_size, PROT_NONE);
    Touch();
  });
  EXPECT_EQ(seen.calls, repetitions_);
  struct sigaction now;
  sigaction(SIGSEGV, nullptr, &now);
  EXPECT_EQ(now.sa_sigaction, &Mend);
}

INSTANTIATE_TEST_SUITE_P(RunModes, ProgramFaultTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
