// Linux 0.01 has slots for 63 tasks besides the idle one.
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

TEST(Linux001Slots, SixtyThreeTasks_RunFromTheHighestSlotDown) {
  std::string expected = "\n0,0,idle,R,t-62\n";
  for (int k = 1; k < 63; ++k) {
    absl::StrAppend(&expected, k * 150000, ",0,t-", 63 - k, ",R,t-", 62 - k,
                    "\n");
  }
  // 63 slices of 150 ms: then the cycle starts again.
  absl::StrAppend(&expected, "9450000,0,t-0,R,t-62\n");
  EXPECT_EQ(
      SwitchesUnder("linux-0.01",
                    R"({"tasks": {"t": {"instance": 63, "run": 60000000}}})",
                    9'450'001),
      expected);
}

TEST(Linux001Slots, SixtyFourthTask_IsRefusedWithItsPlace) {
  const Outcome outcome =
      RunWorkload("{\"tasks\": {\n  \"t\": {\"instance\": 64, \"run\": 1}}}",
                  {.policy = "linux-0.01"});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(
      outcome.status.message(),
      "w.json:2:3: task \"t-63\": scheduler \"linux-0.01\" refuses it: "
      "all 63 task slots are taken (Linux 0.01 has 64, slot 0 is the idle "
      "task)");
  EXPECT_EQ(outcome.switches, "");
}

}  // namespace
}  // namespace jiffy::sched::sim
