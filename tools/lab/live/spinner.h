// CPU time used up on purpose.
#ifndef JIFFY_TOOLS_LAB_LIVE_SPINNER_H_
#define JIFFY_TOOLS_LAB_LIVE_SPINNER_H_

#include <cstdint>

namespace jiffy::lab {

// A loop that takes a known time on this machine, if nobody disturbs it.
//
// The loop alone cannot "use N us of CPU": the processor's clock varies, and a
// neighbour on its core halves the speed. So a burst spins for a part of the
// rest, reads the thread's CPU time, and repeats until that has grown by N.
// Preemption makes a burst longer by the wall clock, but not by the thread's
// CPU time.
class Spinner {
 public:
  // Measures the loop against the CPU time of the calling OS thread, which it
  // needs for a few milliseconds. Best without preemption.
  void Calibrate();

  // Spins for about `ns` of CPU time.
  void Spin(int64_t ns) const;

  // Returns for how long to spin if `left_ns` are left: less, so that a loop
  // that has become slower does not take too long.
  static int64_t Step(int64_t left_ns);

 private:
  double loops_per_ns_ = 1;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_LIVE_SPINNER_H_
