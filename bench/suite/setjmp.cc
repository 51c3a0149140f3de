// _setjmp and _longjmp between two stacks; ucontext makes the second one.

// Its _longjmp refuses to go to another stack.
#undef _FORTIFY_SOURCE

#include <setjmp.h>
#include <ucontext.h>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

jmp_buf main_buffer;
jmp_buf other_buffer;
ucontext_t main_context;
ucontext_t other_context;
alignas(64) char stack[size_t{64} << 10];

// A function of its own: one that calls _setjmp is never inlined.
void YieldBetween(jmp_buf from, jmp_buf to) {
  if (_setjmp(from) == 0) _longjmp(to, 1);
}

// Starts `turn_back` on the other stack, which is to set other_buffer and then
// come back by main_context.
void Start(void (*turn_back)()) {
  getcontext(&other_context);
  other_context.uc_stack.ss_sp = stack;
  other_context.uc_stack.ss_size = sizeof stack;
  makecontext(&other_context, turn_back, 0);
  swapcontext(&main_context, &other_context);
}

void BM_TwoSites(benchmark::State& state) {
  Start(+[] {
    if (_setjmp(other_buffer) == 0) swapcontext(&other_context, &main_context);
    for (;;) {
      if (_setjmp(other_buffer) == 0) _longjmp(main_buffer, 1);
    }
  });
  while (state.KeepRunningBatch(2)) {
    if (_setjmp(main_buffer) == 0) _longjmp(other_buffer, 1);
  }
}

void BM_SharedYield(benchmark::State& state) {
  Start(+[] {
    if (_setjmp(other_buffer) == 0) swapcontext(&other_context, &main_context);
    for (;;) YieldBetween(other_buffer, main_buffer);
  });
  while (state.KeepRunningBatch(2)) YieldBetween(main_buffer, other_buffer);
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("switch/two_sites", "setjmp", BM_TwoSites),
    AddRow("switch/shared_yield", "setjmp", BM_SharedYield),
};

}  // namespace
}  // namespace jiffy::bench
