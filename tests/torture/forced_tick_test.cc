// Crowds far below the slices that users may ask for: with a tick each 20 and
// 10 us, the timer interrupts nearly every function, even the runtime's.

#include <cstdint>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/torture/crowd.h"
#include "tests/torture/crowd_test_util.h"

namespace jiffy::torture {
namespace {

// On a busy machine an interrupt takes longer than the time to the next one,
// and so nearly all of the CPU. A case tests interrupts, and ends when it had
// this many, even if few jobs were done.
constexpr uint64_t kEnoughInterrupts = 15'000;

// Divides `jobs` jobs among threads, fewer with ticks so fast that little gets
// done. At the end of a case, each thread completes its job: so there are few
// threads, or this would take longer than everything before.
void SetWork(int64_t tick_us, int jobs, CrowdOptions& options) {
  options.threads = tick_us == 10 ? 16 : 64;
  options.rounds = (tick_us == 10 ? jobs * 2 / 5 : jobs) / options.threads;
  options.enough_interrupts = kEnoughInterrupts;
}

class ForcedTick
    : public ::testing::TestWithParam<std::tuple<std::string, int64_t>> {};

TEST_P(ForcedTick, Crowd_InterruptedNearlyEverywhere_DoesWhatItWouldAlone) {
  const auto& [scheduler, tick_us] = GetParam();
  CrowdOptions options;
  options.scheduler = scheduler;
  options.slice = absl::Microseconds(50);
  SetWork(tick_us, 3'840, options);
  options.forced_tick_ns = tick_us * 1'000;
  options.late_static_tls = true;
  ExpectCrowdSucceeds(options);
}

// libc's own code is preempted at any instruction, too: ticks in libc are put
// off for speed only.
TEST_P(ForcedTick, Crowd_InterruptedInLibcAsWell_DoesWhatItWouldAlone) {
  const auto& [scheduler, tick_us] = GetParam();
  CrowdOptions options;
  options.scheduler = scheduler;
  options.slice = absl::Microseconds(50);
  SetWork(tick_us, 2'560, options);
  options.forced_tick_ns = tick_us * 1'000;
  options.ticks_in_libc = true;
  options.late_static_tls = true;
  ExpectCrowdSucceeds(options);
}

INSTANTIATE_TEST_SUITE_P(, ForcedTick,
                         ::testing::Combine(::testing::Values("rr", "random",
                                                              "linux-0.01"),
                                            ::testing::Values(20, 10)),
                         [](const auto& info) {
                           return CaseName(std::get<0>(info.param)) + "_" +
                                  std::to_string(std::get<1>(info.param)) +
                                  "us";
                         });

}  // namespace
}  // namespace jiffy::torture
