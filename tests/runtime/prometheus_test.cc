// The text for Prometheus follows the exposition format.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RuntimeStats SomeStats() {
  RuntimeStats stats;
  stats.switches = 18'446'744'073'709'551'615u;
  stats.preemptions = 2;
  stats.jiffies = 3;
  stats.ticks = 4;
  stats.stolen_ticks = 10;
  stats.guarded_ticks = 5;
  stats.deferred_ticks = 6;
  stats.threads = 7;
  stats.live_threads = 8;
  stats.most_threads = 9;
  stats.fullest_stack = {
      .thread = "deep", .id = 5, .used = 60'000, .size = 65'000};
  stats.longest_guard = absl::Microseconds(150);
  stats.tick = absl::Milliseconds(10);
  stats.wall_time = absl::Seconds(12) + absl::Nanoseconds(34);
  return stats;
}

TEST(Prometheus, EveryFigure_HasItsHelpItsTypeAndItsValue) {
  const absl::StatusOr<std::string> text = PrometheusText(SomeStats());
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(
      *text,
      R"(# HELP jiffy_switches_total Switches between threads, and to and from idling.
# TYPE jiffy_switches_total counter
jiffy_switches_total 18446744073709551615
# HELP jiffy_preemptions_total Switches that took the CPU from a thread that would have run on.
# TYPE jiffy_preemptions_total counter
jiffy_preemptions_total 2
# HELP jiffy_jiffies_total Ticks since start, idle time included.
# TYPE jiffy_jiffies_total counter
jiffy_jiffies_total 3
# HELP jiffy_ticks_total Ticks that the timer delivered.
# TYPE jiffy_ticks_total counter
jiffy_ticks_total 4
# HELP jiffy_stolen_ticks_total Ticks while the kernel kept the CPU's OS thread from running.
# TYPE jiffy_stolen_ticks_total counter
jiffy_stolen_ticks_total 10
# HELP jiffy_guarded_ticks_total Ticks that found preemption off.
# TYPE jiffy_guarded_ticks_total counter
jiffy_guarded_ticks_total 5
# HELP jiffy_deferred_ticks_total Times that a tick was put off because of where it landed.
# TYPE jiffy_deferred_ticks_total counter
jiffy_deferred_ticks_total 6
# HELP jiffy_threads_total Threads that were spawned.
# TYPE jiffy_threads_total counter
jiffy_threads_total 7
# HELP jiffy_threads Threads that have not ended.
# TYPE jiffy_threads gauge
jiffy_threads 8
# HELP jiffy_threads_most Most threads that there were at one time.
# TYPE jiffy_threads_most gauge
jiffy_threads_most 9
# HELP jiffy_longest_guard_seconds Longest time with preemption off, in whole ticks.
# TYPE jiffy_longest_guard_seconds gauge
jiffy_longest_guard_seconds 0.000150000
# HELP jiffy_fullest_stack_used_bytes Bytes used of the stack that was used most, of those of threads that ended.
# TYPE jiffy_fullest_stack_used_bytes gauge
jiffy_fullest_stack_used_bytes 60000
# HELP jiffy_fullest_stack_size_bytes Size of that stack.
# TYPE jiffy_fullest_stack_size_bytes gauge
jiffy_fullest_stack_size_bytes 65000
# HELP jiffy_tick_seconds Period of the timer interrupt.
# TYPE jiffy_tick_seconds gauge
jiffy_tick_seconds 0.010000000
# HELP jiffy_run_seconds Time since the run began.
# TYPE jiffy_run_seconds gauge
jiffy_run_seconds 12.000000034
)");
}

TEST(Prometheus, Labels_AreOnEachFigure_WithEscapedValues) {
  const absl::StatusOr<std::string> text = PrometheusText(
      SomeStats(), {{"path", "C:\\x\n\"y\""}, {"_shop1", "größe"}});
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("\njiffy_ticks_total{path=\"C:\\\\x\\n\\\"y\\\""
                               "\",_shop1=\"größe\"} 4\n"));
  size_t labelled = 0;
  for (size_t at = 0; (at = text->find("{path=", at)) != text->npos; ++at) {
    ++labelled;
  }
  EXPECT_EQ(labelled, 15u);
}

TEST(Prometheus, StacksThatWereNotMeasured_AreLeftOut) {
  const absl::StatusOr<std::string> text = PrometheusText(RuntimeStats());
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, Not(HasSubstr("stack")));
}

TEST(Prometheus, BadLabels_AreRefused) {
  for (const char* name : {"", "1st", "a-b", "__name", "a b", "größe"}) {
    const absl::Status status = PrometheusText({}, {{name, "x"}}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("label \"" + std::string(name) + "\""));
  }
  EXPECT_THAT(
      std::string(
          PrometheusText({}, {{"a", "1"}, {"a", "2"}}).status().message()),
      HasSubstr("\"a\": is there twice"));
}

TEST(Prometheus, OfARunUnderWay_CountsIt) {
  std::string text;
  EXPECT_TRUE(jiffy::Run({}, [&] {
                Thread thread([] {});
                EXPECT_TRUE(thread.Join().ok());
                text = *PrometheusText(CurrentStats());
              }).ok());
  EXPECT_THAT(text, HasSubstr("\njiffy_threads_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\njiffy_threads 1\n"));
}

}  // namespace
}  // namespace jiffy
