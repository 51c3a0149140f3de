// How to repeat a run that failed: told in its last line, however it ended.
#ifndef JIFFY_TESTS_TORTURE_REPEAT_H_
#define JIFFY_TESTS_TORTURE_REPEAT_H_

#include <cstdint>
#include <string>

namespace jiffy::torture {

// Makes a process that is ended by a signal say on standard error which case it
// was in, the seed, and the command that repeats the case. SIGTERM is what
// Bazel sends to a test that takes too long: before the process ends, it dumps
// all threads. `program` is argv[0]. Call once, before RUN_ALL_TESTS().
void ReportFatalSignals(const std::string& program, uint64_t seed);

// Prints the seed, each case that failed and the command that repeats it, on
// standard error. Call after RUN_ALL_TESTS() that failed.
void ReportFailedCases();

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_REPEAT_H_
