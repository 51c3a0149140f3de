// Each thread has its own rounding mode and floating-point status.
//
// Control bits survive any switch. Status bits survive preemption; by the ABI,
// a called function may change them, and Yield is one.

#include <cfenv>
#include <cstdint>
#include <memory>

#include "runtime/thread.h"
#include "tests/torture/hold_registers.h"
#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

constexpr int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

// volatile keeps the compiler from dividing at compile time.
double Third(double sign) {
  volatile double three = 3;
  return sign / three;
}
long double LongThird(long double sign) {
  volatile long double three = 3;
  return sign / three;
}

struct Thirds {
  double plus, minus;
  long double long_plus, long_minus;
  bool operator==(const Thirds&) const = default;
};

Thirds ComputeThirds() {
  return {Third(1), Third(-1), LongThird(1), LongThird(-1)};
}

class FloatingControlJob final : public Job {
 public:
  explicit FloatingControlJob(const JobSetting& setting)
      : failures_(*setting.failures) {
    for (int i = 0; i < 4; ++i) {
      fesetround(kModes[i]);
      thirds_[i] = ComputeThirds();
    }
    fesetround(FE_TONEAREST);
  }

  void Round(JobContext& context) override {
    TORTURE_EXPECT_EQ(failures_, FE_TONEAREST, fegetround());
    Rounding(context);
    Status(context);
    FlushToZero(context);
    TORTURE_EXPECT_EQ(failures_, FE_TONEAREST, fegetround());
  }

 private:
  static void SpinAWhile(JobContext& context) {
    Spin(context.random.Below(20'000));
  }

  void Rounding(JobContext& context) {
    const uint32_t mode = context.random.Below(4);
    fesetround(kModes[mode]);
    for (int i = 0; i < 4; ++i) {
      if (i % 2 == 0) {
        SpinAWhile(context);
      } else {
        this_thread::Yield();
      }
      TORTURE_EXPECT_EQ(failures_, kModes[mode], fegetround());
      TORTURE_EXPECT(failures_, ComputeThirds() == thirds_[mode]);
    }
    fesetround(FE_TONEAREST);
  }

  void Status(JobContext& context) {
    feclearexcept(FE_ALL_EXCEPT);
    SpinAWhile(context);
    TORTURE_EXPECT_EQ(failures_, 0, fetestexcept(FE_ALL_EXCEPT));
    feraiseexcept(FE_DIVBYZERO);
    SpinAWhile(context);
    TORTURE_EXPECT_EQ(failures_, FE_DIVBYZERO,
                      fetestexcept(FE_DIVBYZERO | FE_INVALID));
    feclearexcept(FE_ALL_EXCEPT);
  }

  // Control bits that fenv.h does not know.
  void FlushToZero(JobContext& context) {
    if (kFlushToZero == 0) return;
    const uint64_t before = FpControlBits();
    SetFpControlBits(before | kFlushToZero);
    SpinAWhile(context);
    this_thread::Yield();
    TORTURE_EXPECT_EQ(failures_, kFlushToZero, FpControlBits() & kFlushToZero);
    volatile double tiny = 1e-300;
    TORTURE_EXPECT_EQ(failures_, 0.0, tiny * 1e-15);
    SetFpControlBits(before);
  }

  Failures& failures_;
  Thirds thirds_[4];
};

}  // namespace

std::unique_ptr<Job> MakeFloatingControlJob(const JobSetting& setting) {
  return std::make_unique<FloatingControlJob>(setting);
}

}  // namespace jiffy::torture
