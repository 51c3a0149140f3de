// What is said about threads when something went wrong.
#ifndef JIFFY_RUNTIME_REPORT_H_
#define JIFFY_RUNTIME_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/task.h"

namespace jiffy::internal {

// Returns who waits for what, when `live` threads, listed through all_next, all
// wait and nothing can wake them. Names the cycle if threads join each other in
// one.
std::string DescribeDeadlock(const Task* all, uint64_t live,
                             std::string_view scheduler);

// Prints to standard error that a thread ended by an exception that nobody will
// see, if it did.
void ReportLostException(const Completion& completion);

// A thread's name, or "thread-17" if it was given none. Async-signal-safe.
struct ThreadName {
  char text[kMaxNameLength + 1];
};
ThreadName NameOf(const Completion& completion);

// Returns how a thread is called in messages: "'parse' (#17)".
std::string Described(const Completion& completion);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_REPORT_H_
