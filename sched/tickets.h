// The number of tickets of a task, for policies that share by tickets.
#ifndef JIFFY_SCHED_TICKETS_H_
#define JIFFY_SCHED_TICKETS_H_

#include <algorithm>
#include <cstdint>

#include "sched/entity.h"
#include "sched/linux_params.h"

namespace jiffy::sched {

// Upper bound, so that sums over any number of tasks fit in 64 bits.
inline constexpr int64_t kMaxTickets = 1'000'000;

// Returns TaskParams::priority if a normal task set one; else the CFS weight of
// its nice value, so that shares can be compared.
constexpr int64_t TicketsOf(const TaskParams& params) {
  if (!IsRealTime(params) && params.priority > 0) {
    return std::min<int64_t>(params.priority, kMaxTickets);
  }
  return WeightOfNice(NiceOf(params));
}

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_TICKETS_H_
