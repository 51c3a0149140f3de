// Common code of the tests of Linux 2.6's O(1) scheduler: a host of one CPU.
#ifndef JIFFY_TESTS_SCHED_LINUX_O1_FIXTURE_H_
#define JIFFY_TESTS_SCHED_LINUX_O1_FIXTURE_H_

#include <cstdint>
#include <memory>

#include "gtest/gtest.h"
#include "sched/linux_o1.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {

inline constexpr int64_t kMs = 1'000'000;

// Ticks of 1 ms.
class LinuxO1Test : public testing::Test {
 protected:
  static LinuxO1::Task& TaskOf(FakeTask* task) {
    return task->Data<LinuxO1::Task>();
  }
  // The current task sleeps for `ms`; other tasks run, if there are any.
  void SleepCurrent(uint64_t ms) {
    FakeTask* const sleeper = host_.current();
    host_.At(host_.Jiffies() + ms, [this, sleeper] { host_.Wake(*sleeper); });
    host_.BlockCurrent();
  }

  FakeHost host_{std::make_unique<LinuxO1>(/*cpus=*/1), kMs};
};

}  // namespace jiffy::sched

#endif  // JIFFY_TESTS_SCHED_LINUX_O1_FIXTURE_H_
