// Ticks that cannot act where they land: they are put off, and a one-shot timer
// looks again.
//
// A thread in libc or ld.so may hold a lock of theirs. If it were preempted
// there, everybody who wants that lock would wait in the kernel and take the
// CPU along. So the tick waits until the thread is out, bounded by CPU time,
// not by time on the clock: a thread that the kernel keeps from the CPU, or
// whose page faults are slow, may hold the lock for long without being at
// fault.
//
// The first looks are half a tick apart, 10 to 50 us, since a look costs as
// much as a tick; each later one twice as far as the one before, up to 32
// times: a thread that spends its life in libc is to pay for few signals. Where
// the next tick comes sooner, that is the look.
//
// A look acts in libc all the same
//   - in a function that the program called and that has called nothing itself
//     (memcpy of a large block): it holds no lock;
//   - where the thread waits in the kernel, or has just done so
//     (handler.cc);
//   - after 100 ms: nobody holds such a lock for so long.
#ifndef JIFFY_SIGNALS_DEFERRAL_H_
#define JIFFY_SIGNALS_DEFERRAL_H_

#include <ucontext.h>

#include <cstdint>

namespace jiffy::signals {

struct Cpu;

// No lock of libc's is held for longer, in CPU time.
inline constexpr int64_t kLongestInLibcNs = 100'000'000;

// The looks since the last rescheduling.
struct Deferral {
  uint32_t looks = 0;
  // The CPU clock of the OS thread at the end of the short looks.
  int64_t began_ns = 0;
};

// Looks again soon. Context: handler.
void PutOffInHandler(Cpu& cpu);

// Whether the thread, whose PC is in libc or ld.so, is to be preempted there.
// Context: handler.
bool LongInLibraryInHandler(const Cpu& cpu, const ucontext_t* uc);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_DEFERRAL_H_
