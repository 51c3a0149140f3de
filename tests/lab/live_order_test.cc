// Each event of a workload has the same effect live as in the simulator.
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/lab/live_testing.h"
#include "tests/lab/trace_checker.h"

namespace jiffy::lab {
namespace {

// Under "fifo", and under round-robin with slices of an hour, the order depends
// only on what tasks do, not on when: so a live run must switch exactly as the
// simulation does.
struct Program {
  const char* name;
  const char* text;
};

class SameOrderTest
    : public testing::TestWithParam<std::tuple<std::string, Program>> {};

TEST_P(SameOrderTest, SwitchesAndWakeups_AreThoseOfTheSimulation) {
  const auto& [policy, program] = GetParam();
  const SimOptions options = {.policy = policy,
                              .config = {.slice_ns = 3'600'000'000'000}};
  TraceChecker simulated;
  TraceChecker live;
  ASSERT_TRUE(Simulated(program.text, options, {&simulated}).status.ok());
  const Ran ran = Live(program.text, options, {&live});
  ASSERT_TRUE(ran.status.ok()) << ran.status;
  EXPECT_EQ(live.order(), simulated.order());
  EXPECT_EQ(live.exited(), simulated.exited());
  EXPECT_TRUE(live.ended());
  EXPECT_GT(live.created(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Events, SameOrderTest,
    testing::Combine(
        testing::Values("fifo", "rr"),
        testing::Values(
            Program{"run", R"({"tasks": {
          "A": {"loop": 2, "instance": 2, "run": 100, "runtime": 50},
          "B": {"loop": 1, "run": 10}}})"},
            Program{"yield", R"({"tasks": {
          "A": {"loop": 3, "run": 10, "yield": ""},
          "B": {"loop": 2, "instance": 2, "yield": "", "run": 10}}})"},
            // B and C arrive while A is away with the mutex; they get it in
            // turn.
            Program{"lock", R"({"tasks": {
          "A": {"loop": 2, "lock": "m", "run": 10, "yield": "", "unlock": "m"},
          "B": {"loop": 2, "lock": "m", "run": 10, "unlock": "m"},
          "C": {"loop": 1, "lock": "m", "yield": "", "unlock": "m"}}})"},
            Program{"wait", R"({"tasks": {
          "A": {"loop": 1, "instance": 3, "lock": "m",
                "wait": {"ref": "c", "mutex": "m"}, "run": 10, "unlock": "m"},
          "B": {"loop": 1, "lock": "m", "signal": "c", "run": 5,
                "unlock": "m", "yield": "", "broad": "c"}}})"},
            Program{"sync", R"({"tasks": {
          "A": {"loop": 3, "lock": "m", "sync": {"ref": "c", "mutex": "m"},
                "run": 5, "unlock": "m"},
          "B": {"loop": 3, "run": 5, "lock": "m",
                "sync": {"ref": "c", "mutex": "m"}, "unlock": "m"},
          "C": {"loop": 9, "yield": "", "signal": "c"}}})"},
            Program{"suspend", R"({"tasks": {
          "A": {"loop": 2, "suspend": "A", "run": 5},
          "B": {"loop": 4, "run": 5, "resume": "A", "yield": ""}}})"},
            Program{"barrier", R"({"tasks": {
          "A": {"loop": 3, "instance": 3, "run": 5, "barrier": "b"},
          "B": {"loop": 3, "barrier": "b", "run": 5}}})"},
            Program{"fork", R"({"tasks": {
          "A": {"loop": 3, "run": 5, "fork": "K", "yield": ""},
          "K": {"instance": 0, "loop": 1, "run": 5, "fork": "L"},
          "L": {"instance": 0, "loop": 1, "run": 5}}})"},
            Program{"phases", R"({"tasks": {
          "A": {"loop": 2, "phases": {
            "one": {"loop": 2, "run": 5, "yield": ""},
            "two": {"priority": 5, "loop": 1, "run": 5, "yield": ""}}},
          "B": {"loop": 6, "run": 5, "yield": ""}}})"},
            // A sleeps while no other task exists.
            Program{"sleep", R"({"tasks": {
          "A": {"loop": 3, "run": 5, "sleep": 300},
          "Z": {"instance": 0, "run": 5}}})"},
            Program{"timer", R"({"tasks": {
          "A": {"loop": 2, "run": 5, "timer": {"ref": "unique",
                "period": 400000}}}})"},
            Program{"delay", R"({"tasks": {
          "A": {"loop": 1, "delay": 3000, "run": 5, "fork": "K"},
          "K": {"instance": 0, "delay": 2000, "loop": 1, "run": 5}}})"},
            // A does not lose its turn to a child that is about to sleep.
            Program{"fork_delayed", R"({"tasks": {
          "A": {"loop": 1, "run": 5, "fork": "K", "run": 5},
          "B": {"loop": 1, "run": 5},
          "K": {"instance": 0, "delay": 400000, "loop": 1, "run": 5}}})"},
            Program{"none",
                    R"({"tasks": {"A": {"loop": 0, "phases": {"p": {"run": 5}}},
          "B": {"loop": 1, "run": 5}}})"})),
    [](const auto& info) {
      return absl::StrCat(std::get<0>(info.param), "_",
                          std::get<1>(info.param).name);
    });

}  // namespace
}  // namespace jiffy::lab
