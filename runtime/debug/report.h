// What is said about threads when something went wrong.
#ifndef JIFFY_RUNTIME_DEBUG_REPORT_H_
#define JIFFY_RUNTIME_DEBUG_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "runtime/core/task.h"

namespace jiffy::internal {

// Prints to standard error that a thread ended by an exception that nobody will
// see, if it did.
void ReportLostException(const Completion& completion);

// Returns a thread's name, or "thread-17" if it was given none.
// Async-signal-safe.
ThreadName NameOf(const Completion& completion);

// Returns how a thread is called in messages: "'parse' (#17)".
std::string Described(const Completion& completion);

// Returns what a spawn says that finds no memory. The first call allocates it,
// so that there is something to say when nothing can be allocated.
const absl::Status& NoMemoryToSpawn();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_REPORT_H_
