// Tells a tick that is late because the thread on the CPU held it up from one
// that is late because the kernel had taken the CPU away.
//
// A timer that expires while its signal cannot be delivered says afterwards how
// often it did: those are late ticks. Either the running code held the signal
// up (it blocked it, or was inside the kernel), or the OS thread did not run at
// all: the process was stopped (SIGSTOP, a debugger, a frozen container), or
// other processes had the CPU. The clock of the OS thread's CPU time tells
// which. Reading it is a system call of some 200 ns, so it is read only at a
// tick that is late by a millisecond or more and every kReadEvery ticks.
//
// What this cannot see: less than a millisecond, or less than a tick, at a
// time. Between two ticks that are on time, wall time counts as CPU time. And
// of a late tick it cannot tell a thread that waits in the kernel from one that
// is kept off the CPU: hence the tick that was delivered always counts.
#ifndef JIFFY_SIGNALS_STEAL_METER_H_
#define JIFFY_SIGNALS_STEAL_METER_H_

#include <cstdint>

namespace jiffy::signals {

// Context of the functions: the OS thread that it measures; handler, or while
// the tick is stopped.
class StealMeter {
 public:
  // How many ticks a reading stays good. A power of two.
  static constexpr uint64_t kReadEvery = 64;

  // Reads the clock. `ticks` have been delivered so far, late ones included.
  void Read(uint64_t ticks);

  // The same when of these, the last `late` were late. Returns how many of them
  // the OS thread cannot have used, since it used too little CPU time.
  uint64_t ReadLate(uint64_t ticks, uint64_t late, int64_t tick_ns);

 private:
  uint64_t ticks_ = 0;
  int64_t cpu_ns_ = 0;
};

// Returns how many of `passed` ticks, of which the last `late` were late, were
// stolen if the thread used `cpu_ns` in all of them.
uint64_t StolenTicks(uint64_t passed, uint64_t late, int64_t cpu_ns,
                     int64_t tick_ns);

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_STEAL_METER_H_
