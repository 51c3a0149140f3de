// Names what a thread waits for.
#ifndef JIFFY_RUNTIME_DEBUG_WAIT_NAME_H_
#define JIFFY_RUNTIME_DEBUG_WAIT_NAME_H_

#include "runtime/core/waiter.h"

namespace jiffy::internal {

// Returns the words that follow "waits for", such as "a Mutex".
// Async-signal-safe.
const char* WaitObjectName(WaitKind kind);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_WAIT_NAME_H_
