#include "signals/steal_meter.h"

#include <algorithm>
#include <cstdint>

#include "signals/tick.h"

namespace jiffy::signals {

uint64_t StolenTicks(uint64_t passed, uint64_t late, int64_t cpu_ns,
                     int64_t tick_ns) {
  const auto used = static_cast<uint64_t>((cpu_ns + tick_ns / 2) / tick_ns);
  return used >= passed ? 0 : std::min(passed - used, late);
}

void StealMeter::Read(uint64_t ticks) {
  ticks_ = ticks;
  cpu_ns_ = ThreadCpuNs();
}

uint64_t StealMeter::ReadLate(uint64_t ticks, uint64_t late, int64_t tick_ns) {
  const uint64_t ticks_before = ticks_;
  const int64_t cpu_before = cpu_ns_;
  Read(ticks);
  return StolenTicks(ticks - ticks_before, late, cpu_ns_ - cpu_before, tick_ns);
}

}  // namespace jiffy::signals
