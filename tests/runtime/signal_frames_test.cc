// There is at most one signal frame on a stack, and one more for a tick that is
// put off: however short the ticks, frames do not pile up when ticks land in
// the last instructions of a preempted thread's handler.
#include <sys/auxv.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// The thread's first frames and two signal frames, each with the handler's
// frames below it.
size_t TwoSignalFrames() {
  // The kernel reports its part since Linux 5.14.
  size_t kernels_part = getauxval(AT_MINSIGSTKSZ);
  if (kernels_part == 0) kernels_part = size_t{4} << 10;
  return (size_t{2} << 10) + 2 * (kernels_part + 1024);
}

constexpr uint64_t kPreemptions = 5'000;

class SignalFramesTest : public RunTest {
 protected:
  SignalFramesTest() {
    repetitions_ = 1;
    options_.measure_stacks = true;
    testing::ForceTickNs(ShortTickNs(10'000));
  }
  ~SignalFramesTest() override { testing::ForceTickNs(0); }
};

TEST_F(SignalFramesTest, ThreadsPreemptedOftenAtShortTicks_HaveNoMore) {
  Run([] {
    std::atomic<bool> stop = false;
    const auto hog = [&stop] {
      while (!stop) {
      }
    };
    const ThreadOptions options = {.stack_size = size_t{256} << 10};
    Thread first(options, hog);
    Thread second(options, hog);
    while (first.Stats().preemptions < kPreemptions) this_thread::Yield();
    stop = true;
    for (Thread* thread : {&first, &second}) {
      while (!thread->Stats().finished) this_thread::Yield();
      const ThreadStats stats = thread->Stats();
      EXPECT_LE(stats.stack_used, TwoSignalFrames());
      RecordProperty("stack_used", std::to_string(stats.stack_used));
      EXPECT_TRUE(thread->Join().ok());
    }
  });
}

}  // namespace
}  // namespace jiffy
