// Distinguishes late ticks that the thread used from those stolen from it.
#include "signals/steal_meter.h"

#include <time.h>

#include <cstdint>

#include "gtest/gtest.h"
#include "signals/tick.h"

namespace jiffy::signals {
namespace {

constexpr int64_t kTickNs = 1'000'000;

TEST(StolenTicks, AllTimeWasUsed_NoneIsStolen) {
  EXPECT_EQ(StolenTicks(10, 9, 10 * kTickNs, kTickNs), 0u);
  EXPECT_EQ(StolenTicks(10, 9, 11 * kTickNs, kTickNs), 0u);
}

TEST(StolenTicks, NoTimeWasUsed_AllLateOnesAreStolen) {
  EXPECT_EQ(StolenTicks(10, 9, 0, kTickNs), 9u);
  EXPECT_EQ(StolenTicks(3000, 2990, 9 * kTickNs, kTickNs), 2990u);
}

TEST(StolenTicks, SomeTimeWasUsed_TheRestIsStolen) {
  EXPECT_EQ(StolenTicks(10, 9, 4 * kTickNs, kTickNs), 6u);
  EXPECT_EQ(StolenTicks(10, 2, 4 * kTickNs, kTickNs), 2u);
}

TEST(StealMeter, ThreadThatComputed_WasNotStolenFrom) {
  StealMeter meter;
  meter.Read(100);
  const int64_t end = ThreadCpuNs() + 5 * kTickNs;
  while (ThreadCpuNs() < end) {
  }
  EXPECT_EQ(meter.ReadLate(105, 4, kTickNs), 0u);
}

TEST(StealMeter, ThreadThatSlept_WasStolenFrom) {
  StealMeter meter;
  meter.Read(100);
  const timespec nap = {.tv_sec = 0, .tv_nsec = 50 * kTickNs};
  nanosleep(&nap, nullptr);
  EXPECT_GE(meter.ReadLate(150, 49, kTickNs), 40u);
  // The next reading counts from this one.
  EXPECT_EQ(meter.ReadLate(151, 0, kTickNs), 0u);
}

}  // namespace
}  // namespace jiffy::signals
