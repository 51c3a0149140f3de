// A crowd: many threads in one run, each of which draws one job after the
// other.
#ifndef JIFFY_TESTS_TORTURE_CROWD_H_
#define JIFFY_TESTS_TORTURE_CROWD_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/stats.h"
#include "tests/torture/failures.h"

namespace jiffy::torture {

struct CrowdOptions {
  std::string scheduler = "rr";
  // Slice, and tick.
  absl::Duration slice = absl::Milliseconds(10);
  // If not 0, the tick's period, shorter than users may ask for.
  int64_t forced_tick_ns = 0;
  // Ticks act even where they land in libc.
  bool ticks_in_libc = false;
  bool shared_tls = false;
  // Whether libraries that are opened during the run get static TLS. All crowds
  // of a process must agree.
  bool late_static_tls = false;
  int threads = 64;
  // Jobs of each thread, unless --torture_seconds sets the duration.
  int rounds = 100;
  // If not 0, threads also start no further job once the timer has interrupted
  // the run so often. On a busy machine an interrupt can take most of the time
  // until the next one, and a job may then take any number of them.
  uint64_t enough_interrupts = 0;
};

struct CrowdResult {
  absl::Status status;
  RuntimeStats stats;
  uint64_t rounds = 0;
  // Interrupts that charged ticks; other interrupts were put off.
  uint32_t interrupts = 0;
};

// Runs a crowd and checks its results, and that no tick was lost.
CrowdResult RunCrowd(const CrowdOptions& options, Failures& failures);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_CROWD_H_
