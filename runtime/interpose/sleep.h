// Sleeping, as a cancellation point.
#ifndef JIFFY_RUNTIME_INTERPOSE_SLEEP_H_
#define JIFFY_RUNTIME_INTERPOSE_SLEEP_H_

#include <cstdint>

namespace jiffy::interpose {

// Parks the caller until `due_ns` (monotonic); if that is past, lets others
// run.
// Context: green thread. Switches: yes.
void SleepUntil(int64_t due_ns);

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_SLEEP_H_
