// Threads that are preempted anywhere work as if they were alone: under every
// policy, down to slices of 50 us.

#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "sched/registry.h"
#include "tests/torture/crowd.h"
#include "tests/torture/crowd_test_util.h"

namespace jiffy::torture {
namespace {

class Torture : public testing::TestWithParam<std::tuple<std::string, int>> {};

// More than a case takes on an idle machine. Where each interrupt takes longer,
// interrupts would otherwise take most of the CPU for as long as the jobs last.
constexpr uint64_t kEnoughInterrupts = 30'000;

// Takes some tenths of a second on an idle machine.
int Rounds(const std::string& scheduler, int slice_us) {
  if (scheduler == "linux-0.01" || scheduler == "linux-2.4") {
    // There, a thread that yields is chosen again until its ticks are used up,
    // so a thread that waits for another waits for ticks.
    return slice_us >= 1'000 ? 8 : 80;
  }
  return 120;
}

TEST_P(Torture, Crowd_PreemptedAnywhere_DoesWhatItWouldAlone) {
  const auto& [scheduler, slice_us] = GetParam();
  const CrowdOptions options = {.scheduler = scheduler,
                                .slice = absl::Microseconds(slice_us),
                                .rounds = Rounds(scheduler, slice_us),
                                .enough_interrupts = kEnoughInterrupts};
  ExpectCrowdSucceeds(options);
}

// One of each kind: never preempting, slices, chance, counters.
std::vector<std::string> Policies() {
  return {"fifo", "rr", "random", "linux-0.01"};
}

INSTANTIATE_TEST_SUITE_P(, Torture,
                         testing::Combine(testing::ValuesIn(Policies()),
                                          testing::Values(10'000, 1'000, 100,
                                                          50)),
                         [](const auto& info) {
                           return CaseName(std::get<0>(info.param)) + "_" +
                                  std::to_string(std::get<1>(info.param)) +
                                  "us";
                         });

}  // namespace
}  // namespace jiffy::torture
