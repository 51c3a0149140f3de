// The picture of who ran when, drawn from made-up switches.

#include "examples/timeline.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "examples/screen.h"
#include "examples/trace_view.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {
namespace {

constexpr int64_t kMs = 1'000'000;

// Threads 5 and 7 take turns of 10 ms, then 5 has 20 ms more, then idle.
SwitchTrace TwoThreads() {
  return {.records = {{0 * kMs, 0, 5, 'R'},
                      {10 * kMs, 5, 7, 'R'},
                      {20 * kMs, 7, 5, 'X'},
                      {40 * kMs, 5, 0, 'X'},
                      {50 * kMs, 0, 1, 'R'}},
          .dropped = 0};
}

Window Ms(int begin, int end) {
  return {absl::Milliseconds(begin), absl::Milliseconds(end)};
}

TEST(TraceViewTest, CpuTime_OfWindows_CountsPartsOfStretches) {
  const TraceView view(TwoThreads(), {5, 7});
  EXPECT_EQ(view.CpuTime(0, Ms(0, 50)), absl::Milliseconds(30));
  EXPECT_EQ(view.CpuTime(1, Ms(0, 50)), absl::Milliseconds(10));
  EXPECT_EQ(view.CpuTime(0, Ms(5, 25)), absl::Milliseconds(10));
  EXPECT_EQ(view.CpuTime(1, Ms(12, 13)), absl::Milliseconds(1));
  EXPECT_EQ(view.CpuTime(1, Ms(20, 50)), absl::ZeroDuration());
  EXPECT_EQ(view.CpuTime(0, Ms(45, 90)), absl::ZeroDuration());
}

TEST(TraceViewTest, Covered_IsFromFirstToLastSwitch) {
  const TraceView view(TwoThreads(), {5, 7});
  EXPECT_EQ(view.covered().begin, absl::ZeroDuration());
  EXPECT_EQ(view.covered().end, absl::Milliseconds(50));
  EXPECT_EQ(view.mean_stretch(), absl::Milliseconds(40) / 3);
}

TEST(TraceViewTest, NoSwitches_NothingRan) {
  const TraceView view(SwitchTrace(), {5});
  EXPECT_EQ(view.CpuTime(0, Ms(0, 50)), absl::ZeroDuration());
  EXPECT_EQ(view.mean_stretch(), absl::ZeroDuration());
  EXPECT_EQ(view.Density(0, Ms(0, 0), 2, absl::ZeroDuration()),
            (std::vector<double>{0, 0}));
}

TEST(TraceViewTest, Density_OfColumns_IsTheirShareOfTheCpu) {
  const TraceView view(TwoThreads(), {5, 7});
  EXPECT_EQ(view.Density(0, Ms(0, 40), 4, absl::ZeroDuration()),
            (std::vector<double>{1, 0, 1, 1}));
  EXPECT_EQ(view.Density(1, Ms(0, 40), 2, absl::ZeroDuration()),
            (std::vector<double>{0.5, 0}));
  // Averaged with 5 ms on either side, except outside the window.
  EXPECT_EQ(view.Density(1, Ms(0, 40), 4, absl::Milliseconds(20)),
            (std::vector<double>{5.0 / 15, 0.5, 0.25, 0}));
}

TEST(TimelineTest, Draw_Ascii_OneRowEachAndTheTimes) {
  Screen screen;
  screen.columns = 30;  // 12 of which show time.
  const TraceView view(TwoThreads(), {5, 7});
  EXPECT_EQ(DrawTimeline(screen, view, {"five", "seven"}, Ms(0, 60),
                         absl::ZeroDuration()),
            "  five         |##  ####    |\n"
            "  seven        |  ##        |\n"
            "                0 s  60.0 ms\n");
}

TEST(TimelineTest, Draw_Unicode_HeightIsTheShare) {
  Screen screen;
  screen.columns = 22;  // 4 of which show time: 15 ms each.
  screen.unicode = true;
  const TraceView view(TwoThreads(), {5});
  EXPECT_EQ(DrawTimeline(screen, view, {"five"}, Ms(0, 60), Ms(0, 0).begin),
            "  five         │▅▅▅ │\n"
            "                0 s60.0 ms\n");
}

TEST(TimelineTest, CloserLook_LongRun_IsInItsMiddle) {
  Screen screen;
  screen.columns = 34;  // 16 of which show time, 4 a stretch.
  SwitchTrace trace;
  for (int i = 0; i <= 100; ++i) {
    const uint64_t next = i % 2 == 0 ? 5 : 7;
    trace.records.push_back({int64_t{i} * 10 * kMs, 12 - next, next, 'R'});
  }
  const std::optional<Window> window =
      CloserLook(screen, TraceView(trace, {5, 7}), Ms(0, 1000));
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(window->begin, absl::Milliseconds(480));
  EXPECT_EQ(window->end, absl::Milliseconds(520));
}

TEST(TimelineTest, CloserLook_ShortRun_None) {
  const TraceView view(TwoThreads(), {5, 7});
  EXPECT_FALSE(CloserLook(Screen(), view, Ms(0, 50)).has_value());
}

TEST(ScreenTest, Bar_AsciiOrUnicode_IsFilledToTheFraction) {
  Screen screen;
  EXPECT_EQ(Bar(screen, 0.5, 8), "####....");
  EXPECT_EQ(Bar(screen, -1, 3), "...");
  EXPECT_EQ(Bar(screen, 2, 3), "###");
  screen.unicode = true;
  EXPECT_EQ(Bar(screen, 0.3, 3), "█░░");
}

TEST(ScreenTest, Styles_WithoutColor_AreThePlainText) {
  Screen screen;
  EXPECT_EQ(Styled(screen, Style::kBad, "x"), "x");
  EXPECT_EQ(Colored(screen, 7, "x"), "x");
  screen.color = true;
  EXPECT_EQ(Styled(screen, Style::kGood, "x"), "\033[32mx\033[0m");
}

TEST(ScreenTest, FormatTime_AnyScale_ThreeDigits) {
  EXPECT_EQ(FormatTime(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(FormatTime(absl::Microseconds(52)), "52 us");
  EXPECT_EQ(FormatTime(absl::Microseconds(999.6)), "1.00 ms");
  EXPECT_EQ(FormatTime(absl::Microseconds(31'240)), "31.2 ms");
  EXPECT_EQ(FormatTime(absl::Milliseconds(315)), "315 ms");
  EXPECT_EQ(FormatTime(absl::Milliseconds(999.6)), "1.00 s");
  EXPECT_EQ(FormatTime(absl::Milliseconds(1530)), "1.53 s");
  EXPECT_EQ(FormatTime(absl::Seconds(12.34)), "12.3 s");
}

}  // namespace
}  // namespace jiffy::examples
