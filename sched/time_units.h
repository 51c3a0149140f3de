// Nanoseconds in other units of time.
#ifndef JIFFY_SCHED_TIME_UNITS_H_
#define JIFFY_SCHED_TIME_UNITS_H_

#include <cstdint>

namespace jiffy::sched {

inline constexpr int64_t kNsPerUs = 1'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_TIME_UNITS_H_
