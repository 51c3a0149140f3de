// Runs for tests of calls that wait in the kernel: a thread that never waits
// runs beside them, and a parameter sets the tick.
#ifndef JIFFY_TESTS_INTERPOSE_BESIDE_HOG_H_
#define JIFFY_TESTS_INTERPOSE_BESIDE_HOG_H_

#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {

struct HogMode {
  std::string scheduler;
  int slice_us;
  bool shared_tls = false;
};

class BesideHogTest : public RunTest,
                      public ::testing::WithParamInterface<HogMode> {
 protected:
  BesideHogTest() {
    options_.scheduler = GetParam().scheduler;
    options_.time_slice = RealTick(absl::Microseconds(GetParam().slice_us));
    options_.tick = options_.time_slice;
    options_.shared_tls = GetParam().shared_tls;
    repetitions_ = 1;
    spare_slots_ = 3;
  }

  void RunBesideHog(absl::FunctionRef<void()> fn) {
    Run([&] {
      std::atomic<bool> stop = false;
      Thread hog([&] {
        while (!stop) Compute(100);
      });
      fn();
      stop = true;
      EXPECT_TRUE(hog.Join().ok());
    });
  }

  // A time in which some ticks come.
  absl::Duration SomeTicks() const {
    return std::max(2.5 * options_.time_slice, absl::Milliseconds(3));
  }
};

inline std::string HogModeName(const ::testing::TestParamInfo<HogMode>& info) {
  return absl::StrCat(info.param.scheduler, "_", info.param.slice_us, "us",
                      info.param.shared_tls ? "_shared_tls" : "");
}

inline auto HogModes() {
  return ::testing::Values(HogMode{"rr", 10'000}, HogMode{"rr", 1'000},
                           HogMode{"rr", 100}, HogMode{"rr", 50},
                           HogMode{"cfs", 10'000}, HogMode{"cfs", 1'000},
                           HogMode{"cfs", 100}, HogMode{"cfs", 50});
}

}  // namespace jiffy

#endif  // JIFFY_TESTS_INTERPOSE_BESIDE_HOG_H_
