// The backtraces of a dump have each existing frame and no other, even if saved
// frame pointers were overwritten.
#include <alloca.h>
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/dump_testing.h"
#include "tests/runtime/run_fixture.h"

// Not in a namespace, so that backtraces show these names.
[[gnu::noinline]] void DumpTestDeep(jiffy::Event& event, int depth) {
  if (depth > 0) {
    DumpTestDeep(event, depth - 1);
  } else {
    event.Wait();
  }
  asm volatile("" : : : "memory");
}

namespace jiffy {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class DumpStacksTest : public RunTest {
 protected:
  DumpStacksTest() { repetitions_ = 1; }
};

// Returns a dump's text for a thread that waits `depth` calls down.
std::string DumpAt(int depth) {
  Event event;
  Thread thread({.name = "deep"}, [&] { DumpTestDeep(event, depth); });
  for (int i = 0; i < 5; ++i) this_thread::Yield();
  const std::string part = Part(DumpText(), "deep");
  event.Set();
  return part;
}

TEST_F(DumpStacksTest, WholeBacktrace_HasEachCall) {
  Run([] {
    for (const int depth : {0, 1, 30}) {
      const std::string part = DumpAt(depth);
      EXPECT_EQ(CountFrames(part, "DumpTestDeep()"), depth + 1) << part;
      EXPECT_THAT(part, Not(HasSubstr("    ...\n")));
      EXPECT_THAT(part, Not(HasSubstr("corrupt")));
    }
  });
}

TEST_F(DumpStacksTest, LongBacktrace_EndsInDots) {
  Run([] {
    const std::string part = DumpAt(200);
    EXPECT_GE(CountFrames(part, "DumpTestDeep()"), 50);
    EXPECT_LE(CountFrames(part, "DumpTestDeep()"), 64);
    EXPECT_THAT(part, EndsWith("    ...\n"));
    EXPECT_THAT(part, Not(HasSubstr("corrupt")));
  });
}

#if defined(__x86_64__)

// The second function begins with an illegal instruction; the handler continues
// after it. The byte before that address belongs to the first function.
extern "C" void DumpTestFault();
asm(R"(
        .text
        .type   DumpTestBefore, @function
DumpTestBefore:
        .cfi_startproc
        nop
        ret
        .cfi_endproc
        .size   DumpTestBefore, . - DumpTestBefore
        .globl  DumpTestFault
        .type   DumpTestFault, @function
DumpTestFault:
        .cfi_startproc
        ud2
        ret
        .cfi_endproc
        .size   DumpTestFault, . - DumpTestFault
)");

// Destination of the handler's dump, and its text: a handler allocates nothing.
const Output* output_of_handler = nullptr;
std::string text_of_handler;

// Makes the fault of DumpTestFault dump, in a handler with these flags.
[[gnu::noinline]] void DumpFromFault(int flags) {
  const Output output;
  output_of_handler = &output;
  struct sigaction action = {};
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    Runtime::Dump(output_of_handler->fd());
    constexpr int kLengthOfUd2 = 2;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] +=
        kLengthOfUd2;
  };
  action.sa_flags = SA_SIGINFO | flags;
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGILL, &action, &before), 0);
  DumpTestFault();
  ASSERT_EQ(sigaction(SIGILL, &before, nullptr), 0);
  text_of_handler = output.Text();
}

TEST_F(DumpStacksTest, InterruptedFunction_IsNamed_NotTheOneBefore) {
  for (const int flags : {0, SA_ONSTACK}) {
    Run([flags] {
      DumpFromFault(flags);
      const std::string part = Part(text_of_handler, "main");
      EXPECT_THAT(part, HasSubstr("'main' (#1) runs; "));
      EXPECT_EQ(CountFrames(part, " DumpTestFault"), 1) << part;
      EXPECT_THAT(part, HasSubstr("DumpFromFault()\n"));
      EXPECT_EQ(CountFrames(part, "DumpTestBefore"), 0) << part;
    });
  }
}

std::atomic<uintptr_t> frame_of_waiter;
std::atomic<uintptr_t> pc_of_waiter;

[[gnu::noinline]] void NotePc() {
  pc_of_waiter = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
}

// Found by the frame pointer, as the size of its frame is not known.
[[gnu::noinline]] void DumpTestFramed(Event& event, size_t bytes) {
  volatile char* room = static_cast<volatile char*>(alloca(bytes));
  room[0] = 1;
  frame_of_waiter = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  NotePc();
  event.Wait();
  room[0] = 2;
}

// Dumps while the saved frame pointer of the waiting DumpTestFramed is
// replaced.
JIFFY_READS_STACKS std::string DumpWithFramePointer(
    absl::FunctionRef<uintptr_t()> pointer,
    absl::FunctionRef<std::string()> dump = DumpText) {
  Event event;
  Thread waiter({.name = "waiter"}, [&] { DumpTestFramed(event, 4096); });
  for (int i = 0; i < 5; ++i) this_thread::Yield();
  std::string text;
  {
    const NoPreempt guard;
    internal::Task* task = internal::CurrentWorker()->machine().all_tasks;
    while (task->id != waiter.Id()) task = task->all_next;
    const uintptr_t wrong = pointer();
    std::vector<uintptr_t*> changed;
    {
      const signals::UncheckedAccess unchecked;
      for (auto* word = static_cast<uintptr_t*>(task->context.sp);
           reinterpret_cast<uintptr_t>(word) < frame_of_waiter - 4096; ++word) {
        if (*word == frame_of_waiter) changed.push_back(word);
      }
    }
    EXPECT_FALSE(changed.empty());
    for (uintptr_t* word : changed) *word = wrong;
    text = Part(dump(), "waiter");
    for (uintptr_t* word : changed) *word = frame_of_waiter;
  }
  event.Set();
  EXPECT_TRUE(waiter.Join().ok());
  return text;
}

// A frame of DumpTestFramed: the caller's frame pointer, and the return
// address.
struct Frame {
  const Frame* next;
  uintptr_t pc;
};

TEST_F(DumpStacksTest, FramePointerThatLeadsElsewhere_IsNotFollowed) {
  static Frame elsewhere[100];
  Run([] {
    const std::string text = DumpWithFramePointer([] {
      for (Frame& frame : elsewhere) frame = {&frame + 1, pc_of_waiter};
      return reinterpret_cast<uintptr_t>(&elsewhere[0]);
    });
    EXPECT_LE(CountFrames(text, "DumpTestFramed"), 1) << text;
    EXPECT_THAT(text, EndsWith("(the stack is corrupt from here on)\n"));
  });
}

TEST_F(DumpStacksTest, FramePointersThatLeadBack_AreFollowedOnce) {
  Run([] {
    const std::string text = DumpWithFramePointer([] {
      // Inside DumpTestFramed's own frame.
      auto* upper = reinterpret_cast<Frame*>(frame_of_waiter - 1024);
      auto* lower = reinterpret_cast<Frame*>(frame_of_waiter - 2048);
      *upper = {lower, pc_of_waiter};
      *lower = {upper, pc_of_waiter};
      return reinterpret_cast<uintptr_t>(upper);
    });
    EXPECT_LE(CountFrames(text, "DumpTestFramed"), 2) << text;
    EXPECT_THAT(text, EndsWith("(the stack is corrupt from here on)\n"));
  });
}

// Dumps in a handler on the alternate stack. A fault of the dump has its own
// handler on that stack, which must not begin where this one did.
std::string DumpOnTheSignalStack() {
  const Output output;
  output_of_handler = &output;
  struct sigaction action = {};
  action.sa_handler = [](int) {
    volatile char room[2048];
    for (volatile char& byte : room) byte = 'x';
    Runtime::Dump(output_of_handler->fd());
    for (volatile char& byte : room) EXPECT_EQ(byte, 'x');
  };
  action.sa_flags = SA_ONSTACK;
  struct sigaction before;
  EXPECT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  raise(SIGUSR1);
  EXPECT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
  return output.Text();
}

TEST_F(DumpStacksTest, FramePointerToNowhere_IsNoHarmWhereverTheDumpRuns) {
  Run([] {
    for (const auto dump : {&DumpText, &DumpOnTheSignalStack}) {
      const std::string text =
          DumpWithFramePointer([] { return uintptr_t{16}; }, dump);
      EXPECT_LE(CountFrames(text, "DumpTestFramed"), 1) << text;
      EXPECT_THAT(text, EndsWith("(the stack is corrupt from here on)\n"));
    }
  });
}

#endif  // __x86_64__

}  // namespace
}  // namespace jiffy
