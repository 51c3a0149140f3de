// How many tickets a task holds, for the policies that share by tickets.
#ifndef JIFFY_SCHED_TICKETS_H_
#define JIFFY_SCHED_TICKETS_H_

#include <algorithm>
#include <cstdint>

#include "sched/entity.h"
#include "sched/linux_params.h"

namespace jiffy::sched {

// No task has more. So sums of any number of tasks fit in 64 bits.
inline constexpr int64_t kMaxTickets = 1'000'000;

// Returns TaskParams::priority of a normal task that set one; else the weight
// that its nice value has under CFS, so that shares can be compared.
constexpr int64_t TicketsOf(const TaskParams& params) {
  if (!IsRealTime(params) && params.priority > 0) {
    return std::min<int64_t>(params.priority, kMaxTickets);
  }
  return WeightOfNice(NiceOf(params));
}

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_TICKETS_H_
