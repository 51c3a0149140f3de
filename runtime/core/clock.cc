// The clock by which threads are charged: wall time minus stolen time.

#include <algorithm>
#include <cstdint>

#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "signals/tick.h"

namespace jiffy::internal {

uint64_t Worker::Jiffies() const {
  return clock_.jiffies + ticks_stolen + clock_.idle_stolen;
}

int64_t Worker::WallNow() const {
  return clock_.now_ns + (clock_begin_ns - machine_.start_ns);
}

// Returns how far the clock may step forward: by the ticks that came, plus two.
// If a process was stopped while the tick's signal was masked, no thread may be
// charged for the stop; the signal, which comes as soon as it can, tells the
// rest. Without ticks, no signal would.
__attribute__((noinline)) int64_t Worker::Believable(int64_t step) const {
  if (step < 0) return 0;
  if (!options_.preempt) return step;
  const uint64_t ticks = ticks_seen - clock_.ticks_charged;
  return std::min(step, static_cast<int64_t>(ticks + 2) * TickNs());
}

void Worker::ReadStealMeter(int64_t now) {
  if (!options_.preempt) return;
  clock_.steal_read_ns = now;
  steal_meter.Read(ticks_delivered());
}

}  // namespace jiffy::internal
