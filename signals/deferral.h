// Defers ticks that must not preempt where they land; a one-shot timer looks
// again.
//
// A thread in libc or ld.so may hold one of their locks. If it were preempted
// there, any thread that wants the lock would block the whole CPU in the
// kernel. So the tick waits until the thread leaves the library. The limit is
// in CPU time, not wall time: a thread that the kernel keeps off the CPU, or
// whose page faults are slow, may legitimately hold the lock for long.
//
// A look costs as much as a tick, so the first looks are half a tick apart (10
// to 50 us). After them the interval doubles up to 32 times its length, so that
// a thread that stays in libc pays for few signals. If the next tick comes
// sooner, it is the look.
//
// A look preempts even in libc
//   - in a leaf function that the program called (memcpy of a large block): it
//     holds no lock;
//   - if the thread waits in the kernel, or has just waited (handler.cc);
//   - after 100 ms: no lock of libc is held that long.
#ifndef JIFFY_SIGNALS_DEFERRAL_H_
#define JIFFY_SIGNALS_DEFERRAL_H_

#include <ucontext.h>

#include <cstdint>

namespace jiffy::signals {

struct Cpu;

// No lock of libc is held for longer, in CPU time.
inline constexpr int64_t kLongestInLibcNs = 100'000'000;

// The looks since the last rescheduling.
struct Deferral {
  uint32_t looks = 0;
  // The CPU clock of the OS thread at the end of the short looks.
  int64_t began_ns = 0;
};

// Looks again soon. Context: handler.
void PutOffInHandler(Cpu& cpu);

// Returns whether to preempt the thread although its PC is in libc or ld.so.
// Context: handler.
bool LongInLibraryInHandler(const Cpu& cpu, const ucontext_t* uc);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_DEFERRAL_H_
