// Traces under Linux 0.01, each worked out by hand from the rules: a slice is
// 15 ticks of 10 ms, the largest counter runs, of equals the highest slot, and
// when all runnable ones are at 0 everybody gets counter / 2 + priority.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::sched::sim {
namespace {

std::string Switches(std::string_view text,
                     std::optional<int64_t> duration_us = std::nullopt) {
  return SwitchesUnder("linux-0.01", text, duration_us);
}

TEST(Linux001Golden, EqualCounters_HighestSlotFirst) {
  // 15 ticks each, C, B, A. At 450 ms all are at 0: 15 for all, C again.
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"run": 1000000}, "B": {"run": 1000000},
              "C": {"run": 1000000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,C-2
150000,0,C-2,R,B-1
300000,0,B-1,R,A-0
450000,0,A-0,R,C-2
600000,0,C-2,R,B-1
750000,0,B-1,R,A-0
900000,0,A-0,R,C-2
)");
}

TEST(Linux001Golden, Recharge_SleeperWith120MsLeft_ComesOutWith210Ms) {
  // C uses three ticks, 15 - 3 = 12 are left: 120 ms. B runs 30 to 180, A 180
  // to 330. Then both are at 0, and the recharge also counts the sleeper: A 15,
  // B 15, C 12 / 2 + 15 = 21. Of A and B, B has the higher slot. C wakes at
  // 400, which preempts nobody; at 480 B is at 0, and C's 21 ticks are more
  // than A's 15: it runs for 210 ms, to 690. Left are A's 15 (to 840), then a
  // recharge: 15 for all, C first, which ends after its last 90 ms.
  EXPECT_EQ(Switches(R"({
    "tasks": {
      "A": {"run": 10000000},
      "B": {"run": 10000000},
      "C": {"loop": 1, "run": 30000, "sleep": 370000, "run": 300000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,C-2
30000,0,C-2,S,B-1
180000,0,B-1,R,A-0
330000,0,A-0,R,B-1
480000,0,B-1,R,C-2
690000,0,C-2,R,A-0
840000,0,A-0,R,C-2
930000,0,C-2,X,B-1
)");
}

TEST(Linux001Golden, Recharge_LongSleeper_GathersTwicePriorityLessOne) {
  // H 0 to 150; S uses one tick of its 15 and sleeps from 160 with 14. H alone
  // is recharged at 160, 310, 460, ...; S's counter with it: 14 / 2 + 15 = 22,
  // then 26, 28, 29, 29, ... (29 / 2 = 14). It wakes at 1160 and waits for the
  // end of H's slice at 1210; its 29 ticks last to 1500. Both at 0: 15 and 15,
  // H has the higher slot; then S, whose last 110 ms end at 1760.
  EXPECT_EQ(Switches(R"({
    "tasks": {
      "S": {"loop": 1, "run": 10000, "sleep": 1000000, "run": 400000},
      "H": {"run": 10000000}},
    "global": {"duration": 2}})"),
            R"(
0,0,idle,R,H-1
150000,0,H-1,R,S-0
160000,0,S-0,S,H-1
1210000,0,H-1,R,S-0
1500000,0,S-0,R,H-1
1650000,0,H-1,R,S-0
1760000,0,S-0,X,H-1
)");
}

TEST(Linux001Golden, Wakeup_InMidSlice_WaitsForItsEnd) {
  // B, in the higher slot, comes first and sleeps without using CPU time: two
  // decisions at 0. It wakes at 47 ms, but a wake-up never preempts: A runs its
  // 15 ticks. There is no recharge at 150, since B has its 15 yet.
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"run": 1000000},
              "B": {"loop": 1, "sleep": 47000, "run": 5000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,B-1
0,0,B-1,S,A-0
150000,0,A-0,R,B-1
155000,0,B-1,X,A-0
)");
}

TEST(Linux001Golden, Wakeup_WhileIdle_RunsAtOnceAndWithoutRecharge) {
  // A uses two ticks; 13 are left, also after 100 ms of idleness: they end,
  // with the burst's last tick, at 250, and then B's 15 are more than A's 0.
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"loop": 1, "run": 20000, "sleep": 100000, "run": 200000},
              "B": {"loop": 1, "delay": 200000, "run": 10000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,A-0
20000,0,A-0,S,idle
120000,0,idle,R,A-0
250000,0,A-0,R,B-1
260000,0,B-1,X,A-0
330000,0,A-0,X,idle
)");
}

TEST(Linux001Golden, Tick_ChargesWhoeverHasTheCpu) {
  // B is off the CPU before the first tick and is charged none. A is charged
  // that tick after 5 ms of it, so its 15 end at 150, not at 155.
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"run": 1000000},
              "B": {"loop": 1, "run": 5000, "sleep": 20000, "run": 150000,
                    "sleep": 1000000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,B-1
5000,0,B-1,S,A-0
150000,0,A-0,R,B-1
300000,0,B-1,S,A-0
)");
}

TEST(Linux001Golden, Priority_IsOneCallOfNice) {
  // 15 - 5 = 10 and 15 + 5 = 20 ticks; 19 would leave none, so it changes
  // nothing.
  EXPECT_EQ(Switches(R"({
    "tasks": {"ten": {"priority": 5, "run": 1000000},
              "twenty": {"priority": -5, "run": 1000000},
              "fifteen": {"priority": 19, "run": 1000000}},
    "global": {"duration": 1}})"),
            R"(
0,0,idle,R,twenty-1
200000,0,twenty-1,R,fifteen-2
350000,0,fifteen-2,R,ten-0
450000,0,ten-0,R,twenty-1
650000,0,twenty-1,R,fifteen-2
800000,0,fifteen-2,R,ten-0
900000,0,ten-0,R,twenty-1
)");
}

TEST(Linux001Golden, Yield_IsACallOfSchedule) {
  // B's 14 against A's 15; then 14 and 14, and B has the higher slot.
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"run": 10000, "yield": ""},
              "B": {"run": 10000, "yield": ""}}})",
                     45'000),
            R"(
0,0,idle,R,B-1
10000,0,B-1,R,A-0
20000,0,A-0,R,B-1
30000,0,B-1,R,A-0
40000,0,A-0,R,B-1
)");
}

TEST(Linux001Golden, Yield_WithTheLargestCounter_ChoosesItselfWithoutASwitch) {
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"loop": 1, "run": 1000, "yield": "", "run": 1000},
              "B": {"loop": 1, "priority": 5, "run": 1000}}})"),
            R"(
0,0,idle,R,A-0
2000,0,A-0,X,B-1
3000,0,B-1,X,idle
)");
}

TEST(Linux001Golden, SixtyThreeTasks_RunFromTheHighestSlotDown) {
  std::string expected = "\n0,0,idle,R,t-62\n";
  for (int k = 1; k < 63; ++k) {
    absl::StrAppend(&expected, k * 150000, ",0,t-", 63 - k, ",R,t-", 62 - k,
                    "\n");
  }
  // 63 slices of 150 ms: then it begins again.
  absl::StrAppend(&expected, "9450000,0,t-0,R,t-62\n");
  EXPECT_EQ(Switches(R"({"tasks": {"t": {"instance": 63, "run": 60000000}}})",
                     9'450'001),
            expected);
}

TEST(Linux001Golden, SixtyFourthTask_IsRefusedWithItsPlace) {
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

TEST(Linux001Golden, Fork_TakesTheLowestFreeSlot) {
  // At 0 C (slot 3) exits and leaves its slot, then B forks a D into it: it
  // has 15 ticks, in the highest slot, but B is not preempted. B's burst of 10
  // ms leaves it 14 against 15 and 15.
  EXPECT_EQ(Switches(R"({
    "tasks": {"A": {"loop": 1, "run": 10000},
              "B": {"loop": 1, "fork": "D", "run": 10000, "yield": "",
                    "run": 1000},
              "C": {"loop": 0, "phases": {"p": {"run": 1}}},
              "D": {"instance": 0, "loop": 1, "run": 10000}}})"),
            R"(
0,0,idle,R,C-2
0,0,C-2,X,B-1
10000,0,B-1,R,D-3-0000
20000,0,D-3-0000,X,A-0
30000,0,A-0,X,B-1
31000,0,B-1,X,idle
)");
}

}  // namespace
}  // namespace jiffy::sched::sim
