// A thread that overflows its stack ends the program by SIGSEGV; first, a
// message reports its name, its number and the size of its stack.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "absl/debugging/symbolize.h"
#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/core/task.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using ::testing::Not;

// Uses stack in small steps; must not be optimised into a loop.
[[gnu::noinline]] int Recurse(int depth) {
  volatile char frame[64];
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : Recurse(depth - 1) + frame[0];
}

constexpr int kForEver = 1'000'000'000;

class StackOverflowTest : public EveryRunModeTest {
 protected:
  void RunThread(const ThreadOptions& options, void (*body)()) {
    RunOnce([&] {
      Thread thread(options, body);
      thread.Join().IgnoreError();
    }).IgnoreError();
  }
};

TEST_P(StackOverflowTest, Recursion_NamesThreadAndStackAndDies) {
  EXPECT_EXIT(RunThread({.name = "parse", .stack_size = size_t{64} << 10},
                        [] { Recurse(kForEver); }),
              KilledBySignal(SIGSEGV),
              "thread 'parse' \\(#2\\) overflowed its 64 KiB stack");
}

TEST_P(StackOverflowTest, RecursionInMain_NamesIt) {
  options_.main_stack_size = size_t{128} << 10;
  EXPECT_EXIT(RunOnce([] { Recurse(kForEver); }).IgnoreError(),
              KilledBySignal(SIGSEGV),
              "thread 'main' \\(#1\\) overflowed its 128 KiB stack");
}

// The first line after the message is the frame that overflowed, not a frame of
// the runtime's handler.
TEST_P(StackOverflowTest, Recursion_BacktraceBeginsThere) {
  // Otherwise a tick's handler may be what overflows the stack.
  options_.preempt = false;
  // Not under an emulator, whose /proc describes the emulator.
  char name[64];
  const bool names_are_known = absl::Symbolize(
      reinterpret_cast<const void*>(&Recurse), name, sizeof name);
  EXPECT_EXIT(
      RunThread({.stack_size = size_t{64} << 10}, [] { Recurse(kForEver); }),
      KilledBySignal(SIGSEGV),
      names_are_known ? "stack_size\\)\n"
                        "    0x[0-9a-f]+ [^\n]*Recurse\\(\\)\n"
                        "    0x[0-9a-f]+ [^\n]*Recurse\\(\\)\n"
                      : "stack_size\\)\n[^\n]*stack_overflow_test\\(");
}

// Touches only the far end of a frame, which is in the guard even if little of
// the stack was left.
[[gnu::noinline]] void TouchFarEnd(size_t bytes) {
  volatile char* frame = static_cast<volatile char*>(__builtin_alloca(bytes));
  frame[0] = 1;
}

[[gnu::noinline]] void TouchFarEndWithLittleLeft(const char* bottom,
                                                 size_t left, size_t bytes) {
  volatile char frame[64];
  frame[0] = 1;
  if (static_cast<size_t>(const_cast<const char*>(frame) - bottom) > left) {
    TouchFarEndWithLittleLeft(bottom, left, bytes);
  } else {
    TouchFarEnd(bytes);
  }
  frame[0] = 2;
}

TEST_P(StackOverflowTest, FrameOfSeveralPages_NamesThreadAndDies) {
  EXPECT_EXIT(RunThread({.name = "wide", .stack_size = size_t{32} << 10},
                        [] {
                          TouchFarEndWithLittleLeft(
                              reinterpret_cast<const char*>(
                                  internal::CurrentTask()->stack_low),
                              size_t{6} << 10, size_t{15} << 10);
                        }),
              KilledBySignal(SIGSEGV),
              "thread 'wide' \\(#2\\) overflowed its 32 KiB stack");
}

TEST_P(StackOverflowTest, FrameWithinALargerGuard_NamesThreadAndDies) {
  options_.guard_size = size_t{1} << 20;
  EXPECT_EXIT(RunThread({.name = "wider", .stack_size = size_t{64} << 10},
                        [] { TouchFarEnd(size_t{900} << 10); }),
              KilledBySignal(SIGSEGV),
              "thread 'wider' \\(#2\\) overflowed its 64 KiB stack");
}

// Computes for ever once less than a signal frame fits above `bottom`: then the
// signal frame overflows, and the kernel gives no address.
[[gnu::noinline]] int SpinWithLittleStackLeft(const char* bottom) {
  volatile char frame[64];
  frame[0] = 1;
  if (const_cast<const char*>(frame) - bottom > 800) {
    return SpinWithLittleStackLeft(bottom) + frame[0];
  }
  while (frame[0] != 0) {
  }
  return 0;
}

TEST_P(StackOverflowTest, SignalFrameDoesNotFit_NamesThreadAndDies) {
  if (signals::kValgrind) {
    GTEST_SKIP() << "valgrind resets the handler if a frame does not fit";
  }
  EXPECT_EXIT(RunThread({.name = "narrow", .stack_size = size_t{64} << 10},
                        [] {
                          SpinWithLittleStackLeft(reinterpret_cast<const char*>(
                              internal::CurrentTask()->stack_low));
                        }),
              KilledBySignal(SIGSEGV),
              "thread 'narrow' \\(#2\\) overflowed its 64 KiB stack");
}

// ------------------------------------------ faults that are no overflow

TEST_P(StackOverflowTest, NullPointer_DiesWithoutSuchAMessage) {
  const auto fault = [this] {
    CapturedStderr captured;
    const pid_t child = fork();
    if (child == 0) {
      RunThread({}, [] {
        volatile int* volatile nowhere = nullptr;
        *nowhere = 1;
      });
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    return captured.Text();
  };
  // An emulator or valgrind may report the fault instead; valgrind names
  // jiffy's functions.
  EXPECT_THAT(fault(), Not(HasSubstr("jiffy: thread")));
}

void* volatile page = nullptr;

TEST_P(StackOverflowTest, FaultOfTheProgramsOwn_ReachesItsHandler) {
  page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    if (info->si_addr == page) mprotect(page, 4096, PROT_READ | PROT_WRITE);
  };
  struct sigaction before;
  sigaction(SIGSEGV, &action, &before);
  Run([] {
    mprotect(page, 4096, PROT_NONE);
    Thread thread([] {
      const signals::UncheckedAccess unchecked;
      *static_cast<volatile char*>(page) = 1;
    });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(*static_cast<volatile char*>(page), 1);
  });
  sigaction(SIGSEGV, &before, nullptr);
  munmap(page, 4096);
}

// The guard is below the stack, not in it: the whole stack can be used.
TEST_P(StackOverflowTest, DeepButWithinTheStack_IsFine) {
  Run([] {
    Thread thread({.stack_size = size_t{1} << 20}, [] {
      char room[900'000];
      memset(room, 1, sizeof room);
      asm volatile("" : : "r"(room) : "memory");
    });
    EXPECT_TRUE(thread.Join().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, StackOverflowTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
