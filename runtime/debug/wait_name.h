// What a thread waits for, in words.
#ifndef JIFFY_RUNTIME_DEBUG_WAIT_NAME_H_
#define JIFFY_RUNTIME_DEBUG_WAIT_NAME_H_

#include "runtime/core/waiter.h"

namespace jiffy::internal {

// Returns what a thread waits in or for, as "waits for" goes on: "a Mutex".
// Async-signal-safe.
const char* WaitObjectName(WaitKind kind);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_WAIT_NAME_H_
