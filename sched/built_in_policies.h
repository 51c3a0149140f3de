// Names, parameters and factories of the policies whose entry takes more than a
// line of the registry.
#ifndef JIFFY_SCHED_BUILT_IN_POLICIES_H_
#define JIFFY_SCHED_BUILT_IN_POLICIES_H_

#include "sched/registry.h"

namespace jiffy::sched {

PolicyInfo Linux24Info();
PolicyInfo LinuxO1Info();
PolicyInfo CfsInfo();
PolicyInfo EevdfInfo();
PolicyInfo LotteryInfo();
PolicyInfo StrideInfo();
PolicyInfo MlfqInfo();
PolicyInfo EdfInfo();

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_BUILT_IN_POLICIES_H_
