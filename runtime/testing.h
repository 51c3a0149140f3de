// Switches for jiffy's own tests; nothing for programs.
#ifndef JIFFY_RUNTIME_TESTING_H_
#define JIFFY_RUNTIME_TESTING_H_

#include <cstdint>

namespace jiffy::testing {

// Makes the following runs tick this often, however far below the limit that
// users get; 0 ends it.
void ForceTickNs(int64_t tick_ns);

// Makes ticks act wherever they land in the following runs, also in libc, where
// they are otherwise put off for speed; false ends it.
void ForceTicksInLibc(bool force);

// Slots that the process has ever carved: flat when memory is.
uint64_t CarvedSlots();

}  // namespace jiffy::testing

#endif  // JIFFY_RUNTIME_TESTING_H_
