// The picture of a run, and the table of its metrics.
#include "tools/lab/timeline.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/sim/sim_testing.h"
#include "tools/lab/text_table.h"

namespace jiffy::lab {
namespace {

using sched::sim::RunWorkload;
using sched::sim::SimOptions;

std::string Picture(std::string_view text, const SimOptions& options,
                    int width = 40, bool colors = false) {
  Timeline timeline(width);
  const auto outcome = RunWorkload(text, options, {&timeline});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  return "\n" + timeline.Draw(colors);
}

TEST(Timeline, RunningWaitingAndBlocked) {
  EXPECT_EQ(Picture(R"({"tasks": {
      "A": {"loop": 1, "run": 16, "sleep": 8, "run": 8},
      "B": {"loop": 1, "run": 4, "sleep": 1, "run": 3}}})",
                    {.policy = "fifo"}),
            R"(
A-0  ████████████████        ████████
B-1  ················████ ███
     0 to 0.032 ms, 0.001 ms a column
)");
}

TEST(Timeline, HeightOfABlock_IsThePartOfItsTime) {
  // 64 us, two a column: a burst of 1 us fills half of one.
  EXPECT_EQ(Picture(R"({"tasks": {"A": {"loop": 8, "run": 1, "sleep": 7}}})",
                    {.policy = "fifo"}),
            R"(
A-0  ▄   ▄   ▄   ▄   ▄   ▄   ▄   ▄
     0 to 0.064 ms, 0.002 ms a column
)");
}

TEST(Timeline, LongRuns_AreGatheredIntoTheSameColumns) {
  const std::string picture =
      Picture(R"({"tasks": {"A": {"run": 1000000}, "B": {"run": 1000000}},
                  "global": {"duration": 100}})",
              {.policy = "rr", .config = {.slice_ns = 1'000'000}});
  // A half each, rounded up, and never wider than asked.
  const std::string line = picture.substr(1, picture.find('\n', 1) - 1);
  EXPECT_EQ(line.substr(0, 5), "A-0  ");
  EXPECT_EQ(line.find_first_not_of("▄▅", 5), std::string::npos) << picture;
  EXPECT_GT(DisplayWidth(line), 30u);
  EXPECT_LE(DisplayWidth(line), 40u);
}

TEST(Timeline, LongIdleEnd_IsInTheColumnsToo) {
  EXPECT_EQ(Picture(R"({"tasks": {"A": {"run": 1, "sleep": 2000000}},
                        "global": {"duration": 1}})",
                    {.policy = "fifo"}),
            R"(
A-0  ▁
     0 to 1000.000 ms, 32.768 ms a column
)");
}

TEST(Timeline, Colors_AreOnlyThereIfWanted) {
  const char* const text = R"({"tasks": {"A": {"loop": 1, "run": 5}}})";
  EXPECT_EQ(Picture(text, {}).find('\033'), std::string::npos);
  EXPECT_NE(Picture(text, {}, 40, true).find("\033[34m█\033[0m"),
            std::string::npos);
}

TEST(Timeline, ManyTasks_AreCounted) {
  EXPECT_NE(
      Picture(R"({"tasks": {"A": {"instance": 45, "loop": 1, "run": 5}}})", {})
          .find("\nand 5 more tasks\n"),
      std::string::npos);
}

TEST(Timeline, NothingHappened_IsNoPicture) {
  EXPECT_EQ(
      Picture(R"({"tasks": {"A": {"loop": 0, "phases": {"p": {"run": 5}}}}})",
              {}),
      "\n");
}

TEST(TextTable, FirstColumnLeft_OthersRight_InCharacters) {
  TextTable table;
  table.Add({"name", "x", "long head"});
  table.Add({"ä", "12", "3"});
  EXPECT_EQ(table.Draw(),
            "name   x  long head\n"
            "ä     12          3\n");
}

TEST(Padded, FillsCutsAndReplacesControlCharacters) {
  EXPECT_EQ(Padded("ab", 4), "ab  ");
  EXPECT_EQ(Padded("äbcdef", 3), "äb…");
  EXPECT_EQ(Padded("a\033[1m", 5), "a?[1m");
}

}  // namespace
}  // namespace jiffy::lab
