// What a torture test is told on its command line.
#ifndef JIFFY_TESTS_TORTURE_FLAGS_H_
#define JIFFY_TESTS_TORTURE_FLAGS_H_

#include <cstdint>
#include <string_view>

namespace jiffy::torture {

// Returns how long each case is to last, in seconds; 0 stands for the short
// form, whose length is an amount of work.
int SecondsPerCase();

// Returns the seed of all that is drawn: --torture_seed, or one from the clock.
// It is printed at the start.
uint64_t Seed();

// Returns whether --torture_jobs names the job; it names all if it is empty.
bool IsJobWanted(std::string_view name);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_FLAGS_H_
