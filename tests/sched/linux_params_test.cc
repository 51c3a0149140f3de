#include "sched/linux_params.h"

#include "gtest/gtest.h"
#include "sched/entity.h"
#include "sched/tickets.h"

namespace jiffy::sched {
namespace {

TEST(LinuxParamsTest, WeightOfNice_KnownValues_AreLinuxs) {
  EXPECT_EQ(WeightOfNice(-20), 88761);
  EXPECT_EQ(WeightOfNice(-1), 1277);
  EXPECT_EQ(WeightOfNice(0), kNice0Weight);
  EXPECT_EQ(WeightOfNice(5), 335);
  EXPECT_EQ(WeightOfNice(19), 15);
}

// A misplaced or mistyped number would break the sequence of ratios.
TEST(LinuxParamsTest, WeightOfNice_OneStep_IsAFactorOfAboutFiveQuarters) {
  for (int nice = kMinNice; nice < kMaxNice; ++nice) {
    const double ratio = static_cast<double>(WeightOfNice(nice)) /
                         static_cast<double>(WeightOfNice(nice + 1));
    EXPECT_NEAR(ratio, 1.25, 0.051) << nice;
  }
}

TEST(LinuxParamsTest, WeightOf_Class_IsThatOfNiceOrTheIdleOne) {
  EXPECT_EQ(WeightOf({.nice = 5}), 335);
  EXPECT_EQ(WeightOf({.nice = 5, .sched_class = SchedClass::kBatch}), 335);
  for (const int nice : {-20, 0, 19}) {
    EXPECT_EQ(WeightOf({.nice = nice, .sched_class = SchedClass::kIdle}), 3);
  }
}

TEST(LinuxParamsTest, IsRealTime_OnlyFifoAndRoundRobin) {
  for (const SchedClass sched_class :
       {SchedClass::kNormal, SchedClass::kBatch, SchedClass::kIdle,
        SchedClass::kDeadline}) {
    const TaskParams params = {.sched_class = sched_class};
    EXPECT_FALSE(IsRealTime(params));
    EXPECT_EQ(RealTimeClassOf(params), SchedClass::kNormal);
  }
  for (const SchedClass sched_class :
       {SchedClass::kFifo, SchedClass::kRoundRobin}) {
    const TaskParams params = {.sched_class = sched_class};
    EXPECT_TRUE(IsRealTime(params));
    EXPECT_EQ(RealTimeClassOf(params), sched_class);
  }
}

TEST(LinuxParamsTest, NiceOf_OutOfRange_IsBroughtIntoIt) {
  EXPECT_EQ(NiceOf({.nice = -21}), -20);
  EXPECT_EQ(NiceOf({.nice = 7}), 7);
  EXPECT_EQ(NiceOf({.nice = 1000}), 19);
}

TEST(LinuxParamsTest, RtPriority_RealTimeTask_IsItsOwnOrTheDefault) {
  EXPECT_EQ(RtPriorityOf({.sched_class = SchedClass::kFifo}), 10);
  EXPECT_EQ(RtPriorityOf({.priority = 99, .sched_class = SchedClass::kFifo}),
            99);
  EXPECT_EQ(RtPriorityOf({.priority = 100, .sched_class = SchedClass::kFifo}),
            99);
  EXPECT_EQ(RefuseRtPriority(
                {.priority = 99, .sched_class = SchedClass::kRoundRobin}),
            nullptr);
  for (const int priority : {-1, 100}) {
    EXPECT_STREQ(
        RefuseRtPriority(
            {.priority = priority, .sched_class = SchedClass::kRoundRobin}),
        "the priority of a real-time task is 1 to 99 (0: the default, 10)");
    // The value has another meaning for other policies.
    EXPECT_EQ(RefuseRtPriority({.priority = priority}), nullptr);
  }
}

TEST(LinuxParamsTest, CpuScale_MoreCpus_GrowsWithTheLogarithmUpToEight) {
  EXPECT_EQ(CpuScale(1), 1);
  EXPECT_EQ(CpuScale(2), 2);
  EXPECT_EQ(CpuScale(3), 2);
  EXPECT_EQ(CpuScale(4), 3);
  EXPECT_EQ(CpuScale(7), 3);
  EXPECT_EQ(CpuScale(8), 4);
  EXPECT_EQ(CpuScale(64), 4);
  EXPECT_EQ(CpuScale(0), 1);
}

TEST(TicketsTest, TicketsOf_PriorityElseNice) {
  EXPECT_EQ(TicketsOf({}), 1024);
  EXPECT_EQ(TicketsOf({.nice = 5}), 335);
  EXPECT_EQ(TicketsOf({.nice = 5, .priority = 3}), 3);
  EXPECT_EQ(TicketsOf({.priority = -3}), 1024);
  EXPECT_EQ(TicketsOf({.priority = 2'000'000'000}), kMaxTickets);
  // A real-time priority is no number of tickets.
  EXPECT_EQ(TicketsOf({.priority = 3, .sched_class = SchedClass::kFifo}), 1024);
}

}  // namespace
}  // namespace jiffy::sched
