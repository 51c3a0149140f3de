// A cooperative yield, instruction by instruction: no system call, no locked
// instruction, from the call in one thread to the return in the other.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/arch/single_step.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

#if !defined(__x86_64__)
#error "what a locked instruction looks like here is yet to be written"
#endif

// A step takes some 10 us.
constexpr int kYields = 20;

volatile bool stepping = false;
uint64_t steps = 0;
uint64_t system_calls = 0;
uint64_t locked = 0;

// Inspects the next instruction.
void Inspect(int, siginfo_t*, void* ucontext) {
  auto* const uc = static_cast<ucontext_t*>(ucontext);
  if (!stepping) {
    // Also in a thread that inherited the flag.
    arch::EndSingleStep(uc);
    return;
  }
  steps++;
  const uintptr_t pc = arch::InterruptedPc(uc);
  if (arch::AtSystemCall(pc)) system_calls++;
  const auto* code = reinterpret_cast<const unsigned char*>(pc);
  // Prefixes, of which F0 locks, in any order; then the opcode. An exchange
  // with memory (86, 87; mod is not 3) locks implicitly.
  constexpr unsigned char kPrefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64,
                                         0x65, 0x66, 0x67, 0xf2, 0xf3};
  while (std::ranges::find(kPrefixes, *code) != std::end(kPrefixes)) ++code;
  if (*code == 0xf0) locked++;
  if ((*code & 0xf0) == 0x40) ++code;  // REX
  if ((*code == 0x86 || *code == 0x87) && code[1] < 0xc0) locked++;
}

class YieldInstructionsTest : public EveryRunModeTest {
 protected:
  YieldInstructionsTest() {
    options_.preempt = false;
    repetitions_ = 1;
  }
};

TEST_P(YieldInstructionsTest, BetweenTwoThreads_NoSystemCallNoLock) {
  const arch::SingleStepHandler handler(&Inspect);
  steps = 0;
  system_calls = 0;
  locked = 0;
  Run([] {
    // The first thread that is done ends it: Linux 0.01 lets one yield to
    // itself.
    const auto yield = [] {
      for (int i = 0; i < kYields; ++i) this_thread::Yield();
      stepping = false;
    };
    yield();  // What is done once is done before.
    Thread other(yield);
    stepping = true;
    arch::StartSingleStep();
    yield();
    arch::StopSingleStep();
  });
  EXPECT_GT(steps, 10u * kYields);
  EXPECT_EQ(system_calls, 0u);
  EXPECT_EQ(locked, 0u);
}

// Tests the inspector itself.
TEST_P(YieldInstructionsTest, SystemCallAndLockedInstruction_AreSeen) {
  const arch::SingleStepHandler handler(&Inspect);
  system_calls = 0;
  locked = 0;
  uint64_t word = 0;
  stepping = true;
  arch::StartSingleStep();
  asm volatile("lock incq %0" : "+m"(word) : : "memory", "cc");
  uint64_t other = 1;
  asm volatile("xchgq %0, %1" : "+m"(word), "+r"(other) : : "memory");
  syscall(SYS_getpid);
  stepping = false;
  arch::StopSingleStep();
  EXPECT_EQ(locked, 2u);
  EXPECT_EQ(system_calls, 1u);
}

INSTANTIATE_TEST_SUITE_P(RunModes, YieldInstructionsTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
