// Tells ticks that are late because the running thread delayed them from ticks
// that are late because the kernel took the CPU away.
//
// If a timer expires while its signal cannot be delivered, the next signal
// carries the number of those expirations: the late ticks. Either the running
// code delayed the signal (it blocked it, or was inside the kernel), or the OS
// thread did not run: the process was stopped (SIGSTOP, a debugger, a frozen
// container), or other processes had the CPU. The OS thread's CPU clock tells
// which. Reading it is a system call of some 200 ns, so it is read only every
// kReadEvery ticks and at a tick that is late by a millisecond or more.
//
// Limits: it misses steals shorter than a millisecond or a tick; between two
// ticks on time, wall time counts as CPU time. At a late tick it cannot tell a
// thread that waits in the kernel from one that is kept off the CPU, so the
// delivered tick itself always counts.
#ifndef JIFFY_SIGNALS_STEAL_METER_H_
#define JIFFY_SIGNALS_STEAL_METER_H_

#include <cstdint>

namespace jiffy::signals {

// Context of the functions: the measured OS thread; in the handler, or while
// the tick is stopped.
class StealMeter {
 public:
  // Ticks between two readings. A power of two.
  static constexpr uint64_t kReadEvery = 64;

  // Reads the clock. `ticks` have been delivered so far, late ones included.
  void Read(uint64_t ticks);

  // As Read, if the last `late` of the ticks were late. Returns how many of
  // these were stolen: the OS thread used too little CPU time for them.
  uint64_t ReadLate(uint64_t ticks, uint64_t late, int64_t tick_ns);

 private:
  uint64_t ticks_ = 0;
  int64_t cpu_ns_ = 0;
};

// Returns how many of `passed` ticks were stolen. The last `late` of them were
// late; the thread used `cpu_ns` of CPU time in all of them together.
uint64_t StolenTicks(uint64_t passed, uint64_t late, int64_t cpu_ns,
                     int64_t tick_ns);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_STEAL_METER_H_
