// Sleeping, as a cancellation point.
#ifndef JIFFY_RUNTIME_INTERPOSE_SLEEP_H_
#define JIFFY_RUNTIME_INTERPOSE_SLEEP_H_

#include <cstdint>

namespace jiffy::interpose {

// Parks the caller until then (monotonic), or lets others run if that is past.
// Context: green thread. Switches: yes.
void SleepUntil(int64_t due_ns);

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_SLEEP_H_
