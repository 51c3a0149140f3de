// Messages about threads, for when something went wrong.
#ifndef JIFFY_RUNTIME_DEBUG_REPORT_H_
#define JIFFY_RUNTIME_DEBUG_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "runtime/core/task.h"

namespace jiffy::internal {

// Prints to standard error that a thread ended by an exception that nobody will
// see; prints nothing if there is no exception.
void ReportLostException(const Completion& completion);

// Returns a thread's name, or "thread-17" if it was given none.
// Async-signal-safe.
ThreadName NameOf(const Completion& completion);

// Returns a thread's name for messages: "'parse' (#17)".
std::string Described(const Completion& completion);

// Returns the error of a spawn that finds no memory. The first call allocates
// it, so that it is there when nothing can be allocated.
const absl::Status& NoMemoryToSpawn();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_REPORT_H_
