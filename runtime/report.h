// What is said about threads when something went wrong.
#ifndef JIFFY_RUNTIME_REPORT_H_
#define JIFFY_RUNTIME_REPORT_H_

#include <cstddef>
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

// Writes the name of a thread that was given none: "thread-17".
void NameThread(char* name, size_t size, uint64_t id);

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_REPORT_H_
