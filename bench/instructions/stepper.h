// Counts the instructions that the probe runs, by stepping through it one at a
// time. That is exact and the same on each run, also on a virtual machine that
// has no performance counters; valgrind, which would count as well, lacks the
// instruction that sets the thread pointer, so jiffy would run as users do not
// get it.
#ifndef JIFFY_BENCH_INSTRUCTIONS_STEPPER_H_
#define JIFFY_BENCH_INSTRUCTIONS_STEPPER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace jiffy::bench {

// Runs the probe; returns the instructions of one round of each section. What
// the kernel runs does not count, and a repeated string instruction counts
// once. Errors: Unimplemented where programs cannot be stepped; Internal if the
// probe fails.
absl::StatusOr<std::map<std::string, int64_t>> CountInstructions(
    const std::string& probe);

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_INSTRUCTIONS_STEPPER_H_
