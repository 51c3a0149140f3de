// glibc's ucontext: swapcontext, which saves the signal mask by a system call.

#include <ucontext.h>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

using SwitchFunction = int (*)(ucontext_t* from, const ucontext_t* to);

ucontext_t main_context;
ucontext_t other_context;
alignas(64) char stack[size_t{64} << 10];

[[gnu::noinline]] int YieldBetween(ucontext_t* from, const ucontext_t* to) {
  const int result = swapcontext(from, to);
  asm volatile("" : : : "memory");
  return result;
}

template <SwitchFunction kSwitch>
void BM_Switch(benchmark::State& state) {
  getcontext(&other_context);
  other_context.uc_stack.ss_sp = stack;
  other_context.uc_stack.ss_size = sizeof stack;
  makecontext(
      &other_context,
      +[] {
        for (;;) kSwitch(&other_context, &main_context);
      },
      0);
  while (state.KeepRunningBatch(2)) kSwitch(&main_context, &other_context);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("switch/two_sites", "ucontext", BM_Switch<swapcontext>),
    AddRow("switch/shared_yield", "ucontext", BM_Switch<YieldBetween>),
};

}  // namespace
}  // namespace jiffy::bench
