// main() of the torture tests: GoogleTest's, with additional flags.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "gtest/gtest.h"
#include "tests/torture/flags.h"
#include "tests/torture/repeat.h"

ABSL_FLAG(int, torture_seconds, 0,
          "how long each case lasts; 0: a fixed amount of work, short");
ABSL_FLAG(uint64_t, torture_seed, 0, "seed of all that is drawn; 0: the time");
ABSL_FLAG(std::vector<std::string>, torture_jobs, {},
          "names of the jobs that crowds do, with commas between them; all if "
          "empty (to reduce a failure)");

namespace jiffy::torture {
namespace {

uint64_t seed = 0;

}  // namespace

int SecondsPerCase() { return absl::GetFlag(FLAGS_torture_seconds); }

uint64_t Seed() { return seed; }

bool IsJobWanted(std::string_view name) {
  const std::vector<std::string> names = absl::GetFlag(FLAGS_torture_jobs);
  return names.empty() ||
         std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace jiffy::torture

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  jiffy::torture::seed = absl::GetFlag(FLAGS_torture_seed);
  if (jiffy::torture::seed == 0) {
    jiffy::torture::seed = static_cast<uint64_t>(time(nullptr));
  }
  printf("--torture_seed=%llu\n",
         static_cast<unsigned long long>(jiffy::torture::seed));
  // A process that does not get any further must print it, too.
  fflush(stdout);
  testing::Test::RecordProperty("torture_seed",
                                std::to_string(jiffy::torture::seed));
  jiffy::torture::ReportFatalSignals(argv[0], jiffy::torture::seed);
  const int status = RUN_ALL_TESTS();
  if (status != 0) jiffy::torture::ReportFailedCases();
  return status;
}
