// Times and durations of every clock and type become deadlines without
// overflow: a past time is over at once, a far time never comes.
#include "runtime/core/deadline.h"

#include <time.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using std::chrono::time_point;

// A clock that stands still.
template <typename Rep_, typename Period_, Rep_ kNow>
struct StoppedClock {
  using rep = Rep_;
  using period = Period_;
  using duration = std::chrono::duration<Rep_, Period_>;
  using time_point = std::chrono::time_point<StoppedClock>;
  [[maybe_unused]] static constexpr bool is_steady = false;
  static time_point now() { return time_point(duration(kNow)); }
};
using UnsignedClock = StoppedClock<uint64_t, std::nano, 1'000'000>;
using SmallUnsignedClock = StoppedClock<uint16_t, std::ratio<1>, 100>;
using CoarseClock = StoppedClock<int64_t, std::ratio<3600>, 500'000>;
using NegativeClock = StoppedClock<int64_t, std::nano, -5'000'000'000>;
// Its nanoseconds do not fit into 64 bits: 100 ns since 1601.
using FarEpochClock =
    StoppedClock<int64_t, std::ratio<1, 10'000'000>, 134'000'000'000'000'000>;
using ThirdsClock = StoppedClock<int32_t, std::ratio<1, 3>, 7>;

// In seconds since 1970, as programs of scripting languages have it.
struct FloatClock {
  using rep = double;
  using period = std::ratio<1>;
  using duration = std::chrono::duration<double>;
  using time_point = std::chrono::time_point<FloatClock>;
  [[maybe_unused]] static constexpr bool is_steady = false;
  static time_point now() { return time_point(duration(1.7e9)); }
};

template <typename Clock>
class ClockTest : public ::testing::Test {};
using Clocks =
    ::testing::Types<steady_clock, system_clock, std::chrono::file_clock,
                     UnsignedClock, SmallUnsignedClock, CoarseClock,
                     NegativeClock, FarEpochClock, ThirdsClock, FloatClock>;
TYPED_TEST_SUITE(ClockTest, Clocks);

TYPED_TEST(ClockTest, Past_IsOver) {
  using Duration = typename TypeParam::duration;
  EXPECT_EQ(DueAt(TypeParam::now()), kAlreadyOver);
  EXPECT_EQ(DueAt(TypeParam::now() - Duration(1)), kAlreadyOver);
  EXPECT_EQ(DueAt(TypeParam::time_point::min()), kAlreadyOver);
  using Coarse = duration<int64_t, std::ratio<86'400>>;
  EXPECT_EQ(DueAt(time_point<TypeParam, Coarse>::min()), kAlreadyOver);
  using Floating = duration<float>;
  EXPECT_EQ(DueAt(time_point<TypeParam, Floating>(
                Floating(-std::numeric_limits<float>::infinity()))),
            kAlreadyOver);
}

TYPED_TEST(ClockTest, TimeThatCannotBeCounted_NeverComes) {
  using Coarse = duration<int64_t, std::ratio<86'400>>;
  EXPECT_EQ(DueAt(time_point<TypeParam, Coarse>::max()), kNoDeadline);
  using Unsigned = duration<uint64_t>;
  EXPECT_EQ(DueAt(time_point<TypeParam, Unsigned>::max()), kNoDeadline);
  using Floating = duration<float>;
  EXPECT_EQ(DueAt(time_point<TypeParam, Floating>::max()), kNoDeadline);
  EXPECT_EQ(DueAt(time_point<TypeParam, Floating>(
                Floating(std::numeric_limits<float>::infinity()))),
            kNoDeadline);
}

// The clock's own latest time may be near, if it counts in a small type.
TYPED_TEST(ClockTest, LatestTime_IsNotOver) {
  EXPECT_NE(DueAt(TypeParam::time_point::max()), kAlreadyOver);
}

TYPED_TEST(ClockTest, SomeTimeAhead_IsAsFarAhead) {
  using Duration = typename TypeParam::duration;
  // At least one unit: the coarse clock counts in hours.
  constexpr auto kAhead = std::chrono::hours(2);
  const auto at =
      TypeParam::now() + std::chrono::duration_cast<Duration>(kAhead);
  const int64_t before = signals::MonotonicNs();
  const int64_t due = DueAt(at);
  const int64_t after = signals::MonotonicNs();
  constexpr int64_t kAheadNs = std::chrono::nanoseconds(kAhead).count();
  // A running clock was read in between, before `at` was computed.
  constexpr int64_t kSlackNs = 60 * signals::kNsPerSecond;
  EXPECT_GE(due, before + kAheadNs - kSlackNs);
  EXPECT_LE(due, after + kAheadNs);
}

TEST(DeadlineTest, SteadyTime_IsTheDeadlineItself) {
  const auto at = steady_clock::now() + std::chrono::hours(1);
  EXPECT_EQ(DueAt(at), at.time_since_epoch().count());
  using Finer = duration<int64_t, std::pico>;
  const time_point<steady_clock, Finer> later = at + Finer(1'999);
  EXPECT_EQ(DueAt(later), at.time_since_epoch().count() + 2) << "rounds up";
}

template <typename Duration>
void ExpectFrom(int64_t least_ns, const Duration& timeout) {
  const int64_t before = signals::MonotonicNs();
  const int64_t due = DueAfter(timeout);
  const int64_t after = signals::MonotonicNs();
  EXPECT_GE(due, before + least_ns);
  EXPECT_LE(due, after + least_ns);
}

TEST(DeadlineTest, Durations_AreExact) {
  ExpectFrom(1, absl::Nanoseconds(1));
  ExpectFrom(1, absl::Nanoseconds(0.5));
  ExpectFrom(5'000'000, std::chrono::milliseconds(5));
  ExpectFrom(5'000'000, duration<uint8_t, std::milli>(5));
  ExpectFrom(1'500'000'000, duration<double>(1.5));
  ExpectFrom(250'000'000, duration<float>(0.25F));
  ExpectFrom(333'333'334, duration<int, std::ratio<1, 3>>(1));
  ExpectFrom(60'000'000'000, duration<int64_t, std::ratio<1, 60>>(3600));
  ExpectFrom(int64_t{7} * 86'400 * signals::kNsPerSecond,
             duration<int8_t, std::ratio<86'400>>(7));
  // Odd and beyond what a double holds exactly.
  ExpectFrom(9'007'199'254'740'993,
             std::chrono::nanoseconds(9'007'199'254'740'993));
}

TEST(DeadlineTest, DurationsThatAreNotPositive_AreOver) {
  EXPECT_EQ(DueAfter(absl::ZeroDuration()), kAlreadyOver);
  EXPECT_EQ(DueAfter(-absl::InfiniteDuration()), kAlreadyOver);
  EXPECT_EQ(DueAfter(std::chrono::seconds(0)), kAlreadyOver);
  EXPECT_EQ(DueAfter(std::chrono::hours::min()), kAlreadyOver);
  EXPECT_EQ(DueAfter(std::chrono::nanoseconds::min()), kAlreadyOver);
  EXPECT_EQ(DueAfter(duration<unsigned>(0)), kAlreadyOver);
  EXPECT_EQ(DueAfter(duration<double>::min()), kAlreadyOver);
  EXPECT_EQ(
      DueAfter(duration<double>(-std::numeric_limits<double>::infinity())),
      kAlreadyOver);
  EXPECT_EQ(
      DueAfter(duration<double>(std::numeric_limits<double>::quiet_NaN())),
      kAlreadyOver);
}

TEST(DeadlineTest, DurationsThatCannotBeCounted_NeverEnd) {
  EXPECT_EQ(DueAfter(absl::InfiniteDuration()), kNoDeadline);
  EXPECT_EQ(DueAfter(absl::Hours(24 * 365 * 300)), kNoDeadline);
  EXPECT_EQ(DueAfter(std::chrono::nanoseconds::max()), kNoDeadline);
  EXPECT_EQ(DueAfter(std::chrono::hours::max()), kNoDeadline);
  EXPECT_EQ(DueAfter(std::chrono::years::max()), kNoDeadline);
  EXPECT_EQ(DueAfter(duration<uint64_t, std::nano>::max()), kNoDeadline);
  EXPECT_EQ(DueAfter(duration<uint64_t>::max()), kNoDeadline);
  EXPECT_EQ(DueAfter(duration<double>::max()), kNoDeadline);
  EXPECT_EQ(DueAfter(duration<long double>(
                std::numeric_limits<long double>::infinity())),
            kNoDeadline);
}

TEST(DeadlineTest, Timespecs_Saturate) {
  constexpr time_t kMost = std::numeric_limits<time_t>::max();
  constexpr time_t kLeast = std::numeric_limits<time_t>::min();
  for (const clockid_t clock :
       {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME}) {
    SCOPED_TRACE(clock);
    EXPECT_EQ(DueAt(clock, {.tv_sec = kLeast, .tv_nsec = 0}), kAlreadyOver);
    EXPECT_EQ(DueAt(clock, {.tv_sec = -1, .tv_nsec = 0}), kAlreadyOver);
    EXPECT_EQ(DueAt(clock, {.tv_sec = 0, .tv_nsec = 0}), kAlreadyOver);
    const int64_t due = DueAt(clock, {.tv_sec = kMost, .tv_nsec = 999'999'999});
    if (sizeof(time_t) == 8) {
      EXPECT_EQ(due, kNoDeadline);
    } else {
      EXPECT_GT(due, signals::MonotonicNs());
    }
    timespec soon;
    clock_gettime(clock, &soon);
    soon.tv_sec += 3600;
    EXPECT_GT(DueAt(clock, soon), signals::MonotonicNs());
  }
}

TEST(DeadlineTest, LaterBy_Saturates) {
  EXPECT_EQ(LaterBy(100, 3, 7), 121);
  EXPECT_EQ(LaterBy(100, 3, 0), 100);
  EXPECT_EQ(LaterBy(1, ~uint64_t{0}, 1), kLatestDeadline);
  EXPECT_EQ(LaterBy(0, uint64_t{1} << 62, 10'000'000), kLatestDeadline);
}

}  // namespace
}  // namespace jiffy::internal
