// The calls of Linux 0.01, made by live threads: nice, alarm, pause, sleep_on,
// wake_up, jiffies.
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/linux001_calls.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

namespace linux001 = sched::linux001;

class Linux001LiveTest : public RunTest {
 protected:
  // Its own tick, a hundred a second, defines a second of its alarms; with
  // another tick, seconds stay seconds.
  Linux001LiveTest() {
    options_.scheduler = "linux-0.01";
    options_.tick = tick_;
    repetitions_ = 1;
  }

  const absl::Duration tick_ = RealTick(absl::Milliseconds(1));
};

TEST_F(Linux001LiveTest, Jiffies_CountTicksOfRunningAndIdleTime) {
  Run([&] {
    const uint64_t first = linux001::Jiffies();
    SpinForTicks(3);
    this_thread::Yield();  // Ticks that were put off are charged.
    const uint64_t after_work = linux001::Jiffies();
    EXPECT_GE(after_work, first + 2);
    this_thread::SleepFor(5 * tick_);
    EXPECT_GE(linux001::Jiffies(), after_work + 4);
  });
}

TEST_F(Linux001LiveTest, Nice_MakesTheTurnLongerFromTheNextRecharge) {
  options_.tick = absl::Microseconds(100);
  Run([] {
    std::atomic<bool> stop = false;
    const auto hog = [&stop](int increment) {
      EXPECT_EQ(linux001::Nice(increment), 0);
      while (!stop) stop = linux001::Jiffies() > 2000;
    };
    // 15 ticks a recharge, and 45.
    Thread ordinary(hog, 0);
    Thread favoured(hog, -30);
    while (!ordinary.Stats().finished || !favoured.Stats().finished) {
      this_thread::SleepFor(absl::Milliseconds(1));
    }
    // Preempted only at the end of each turn, the first of which is like all
    // others. Late ticks lengthen a turn; nothing shortens it.
    const ThreadStats few = ordinary.Stats();
    const ThreadStats many = favoured.Stats();
    ASSERT_GE(few.preemptions, 3u);
    ASSERT_GE(many.preemptions, 3u);
    EXPECT_GE(few.ticks, 15 * few.preemptions);
    EXPECT_GE(many.ticks, 15 + 45 * (many.preemptions - 1));
  });
}

TEST_F(Linux001LiveTest, AlarmAndPause_SleepsUntilTheAlarm) {
  Run([&] {
    const uint64_t before = linux001::Jiffies();
    EXPECT_EQ(linux001::Alarm(1), 1);
    EXPECT_EQ(linux001::Pause(), 0);
    // A second of ticks, and at least one more until the thread notices.
    EXPECT_GE(linux001::Jiffies(),
              before + static_cast<uint64_t>(absl::Seconds(1) / tick_));
  });
}

TEST_F(Linux001LiveTest, SleepOn_WakesAllTheLatestFirst) {
  Run([] {
    linux001::WaitQueue queue;
    std::vector<int> order;
    std::atomic<int> asleep = 0;
    std::vector<Thread> sleepers;
    sleepers.reserve(5);
    for (int i = 0; i < 5; ++i) {
      sleepers.emplace_back([&, i] {
        // In this order: each waits until the one before is about to sleep.
        while (asleep != i) this_thread::SleepFor(absl::Microseconds(10));
        NoPreempt guard;
        asleep++;
        linux001::SleepOn(queue);
        order.push_back(i);
      });
    }
    while (asleep < 5) this_thread::SleepFor(absl::Microseconds(10));
    {
      const NoPreempt guard;
      EXPECT_TRUE(order.empty());
    }
    linux001::WakeUp(queue);
    EXPECT_EQ(queue.head, nullptr);
    for (Thread& sleeper : sleepers) EXPECT_TRUE(sleeper.Join().ok());
    EXPECT_EQ(order, (std::vector<int>{4, 3, 2, 1, 0}));
  });
}

TEST_F(Linux001LiveTest, InterruptibleSleepOn_AlarmEndsIt) {
  Run([] {
    linux001::WaitQueue queue;
    EXPECT_EQ(linux001::Alarm(1), 1);
    linux001::InterruptibleSleepOn(queue);
    EXPECT_EQ(queue.head, nullptr);
  });
}

// Asleep for a reason of the runtime: the calls do not wake it.
TEST_F(Linux001LiveTest, JoinAndSleep_AreNotCutShortByAlarms) {
  Run([&] {
    Thread thread([&] {
      EXPECT_EQ(linux001::Alarm(1), 1);
      const uint64_t before = linux001::Jiffies();
      this_thread::SleepFor(absl::Milliseconds(1300));
      EXPECT_GE(
          linux001::Jiffies(),
          before + static_cast<uint64_t>(absl::Milliseconds(1290) / tick_));
    });
    EXPECT_TRUE(thread.Join().ok());
  });
}

// Under other policies the system calls do not exist.
TEST(Linux001Calls, UnderOtherPolicies_FailWithEnosys) {
  const absl::Status status = jiffy::Run({.scheduler = "rr"}, [] {
    for (int (*call)() :
         {+[] { return linux001::Nice(1); }, +[] { return linux001::Alarm(1); },
          +[] { return linux001::Pause(); }}) {
      errno = 0;
      EXPECT_EQ(call(), -1);
      EXPECT_EQ(errno, ENOSYS);
    }
    // Any policy has ticks.
    const uint64_t before = linux001::Jiffies();
    SpinForTicks(2);
    this_thread::Yield();  // Ticks that were put off are charged.
    EXPECT_GT(linux001::Jiffies(), before);
  });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace jiffy
