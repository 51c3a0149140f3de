// The flags of a torture test.
#ifndef JIFFY_TESTS_TORTURE_FLAGS_H_
#define JIFFY_TESTS_TORTURE_FLAGS_H_

#include <cstdint>
#include <string_view>

namespace jiffy::torture {

// Returns the length of each case in seconds; 0 means the short form, which
// does a fixed amount of work.
int SecondsPerCase();

// Returns the seed of all random choices: --torture_seed, or one from the
// clock. It is printed at the start.
uint64_t Seed();

// Returns whether --torture_jobs names the job; if the flag is empty, all jobs
// are wanted.
bool IsJobWanted(std::string_view name);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_FLAGS_H_
