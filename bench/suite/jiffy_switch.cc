// jiffy's context switch by itself, with all that it changes for each thread:
// stack, callee-saved registers, floating-point control words, thread pointer.
// Without a policy and a run queue: those are in the rings.

#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

using SwitchFunction = void (*)(arch::Context* from, arch::Context* to);

struct Pair {
  arch::Context main = {};
  arch::Context other = {};
};
Pair pair;

// The other context's stack and, in place of a libc thread block, its head: the
// code that runs there uses no thread_local object.
alignas(64) char stack[size_t{64} << 10];
alignas(64) char thread_block[256];

template <SwitchFunction kSwitch>
arch::Context* TurnBack(arch::Context* /*self*/) {
  for (;;) kSwitch(&pair.other, &pair.main);
}

// Switches from one place in the code, which both contexts call.
template <SwitchFunction kSwitch>
[[gnu::noinline]] void YieldBetween(arch::Context* from, arch::Context* to) {
  kSwitch(from, to);
  asm volatile("" : : : "memory");  // A call of its own, not a jump.
}

template <SwitchFunction kSwitch>
void BM_Switch(benchmark::State& state) {
  pair = Pair();
  arch::InitTcbHead(thread_block, arch::ThreadPointer(), /*stack_guard=*/0);
  arch::InitContext(pair.other, stack + sizeof stack, thread_block,
                    &TurnBack<kSwitch>);
  pair.main.thread_pointer = arch::ThreadPointer();
  while (state.KeepRunningBatch(2)) kSwitch(&pair.main, &pair.other);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("switch/two_sites", "jiffy", BM_Switch<arch::jiffy_switch>),
    AddRow("switch/two_sites", "jiffy_shared_tls",
           BM_Switch<arch::jiffy_switch_shared>),
    AddRow("switch/shared_yield", "jiffy",
           BM_Switch<YieldBetween<arch::jiffy_switch>>),
    AddRow("switch/shared_yield", "jiffy_shared_tls",
           BM_Switch<YieldBetween<arch::jiffy_switch_shared>>),
};

}  // namespace
}  // namespace jiffy::bench
