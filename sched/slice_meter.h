// Time slices, counted in whole ticks.
#ifndef JIFFY_SCHED_SLICE_METER_H_
#define JIFFY_SCHED_SLICE_METER_H_

#include <cstdint>

#include "sched/entity.h"

namespace jiffy::sched {

// Measures the slice of the task on the CPU. Slices are rounded up to whole
// ticks: 25 ms are three ticks of 10 ms. There is one meter per CPU, not per
// task, since each task that gets the CPU starts a new slice.
class SliceMeter {
 public:
  explicit SliceMeter(int64_t default_slice_ns)
      : default_slice_ns_(default_slice_ns) {}

  // Begins a new slice.
  void Start() { used_ticks_ = 0; }

  // Returns the counter that Start sets to zero.
  int64_t* used_ticks() { return &used_ticks_; }

  // Charges `ticks` of `tick_ns` nanoseconds each to a task with `params`.
  // Returns whether its slice is used up.
  bool Charge(const TaskParams& params, int ticks, int64_t tick_ns) {
    used_ticks_ += ticks;
    return used_ticks_ * tick_ns >= SliceNs(params);
  }

  // Returns the length of the slice of a task with `params`.
  int64_t SliceNs(const TaskParams& params) const {
    return params.slice_ns > 0 ? params.slice_ns : default_slice_ns_;
  }

 private:
  int64_t used_ticks_ = 0;
  const int64_t default_slice_ns_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_SLICE_METER_H_
