// How to repeat a failed run: its last line says so, however it ended.
#ifndef JIFFY_TESTS_TORTURE_REPEAT_H_
#define JIFFY_TESTS_TORTURE_REPEAT_H_

#include <cstdint>
#include <string>

namespace jiffy::torture {

// Makes a process that a signal ends print on standard error the current case,
// the seed, and the command that repeats the case. Bazel sends SIGTERM to a
// test that takes too long: before the process ends, it then dumps all threads.
// `program` is argv[0]. Call once, before RUN_ALL_TESTS().
void ReportFatalSignals(const std::string& program, uint64_t seed);

// Prints to standard error the seed, each failed case and the command that
// repeats it. Call after RUN_ALL_TESTS() failed.
void ReportFailedCases();

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_REPEAT_H_
