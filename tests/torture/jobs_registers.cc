// Every register file of the machine, and arithmetic in registers: a preempted
// thread finds them unchanged.

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/torture/hold_registers.h"
#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

using File = std::array<uint64_t, kMaxRegisterFile / sizeof(uint64_t)>;

constexpr int kTerms = 3'000;

// The Basel series, in registers of the compiler's choice.
template <typename Real>
[[gnu::noinline]] Real Sum(Real first) {
  Real even = first;
  Real odd = 0;
  for (int i = 1; i < kTerms; i += 2) {
    odd += Real{1} / (static_cast<Real>(i) * i);
    even += Real{1} / (static_cast<Real>(i + 1) * (i + 1));
  }
  return odd + even;
}

class RegisterJob final : public Job {
 public:
  explicit RegisterJob(const JobSetting& setting)
      : failures_(*setting.failures),
        sum_(Sum<double>(1)),
        long_sum_(Sum<long double>(1)),
        left_(kTerms),
        right_(kTerms) {
    for (const RegisterFile& file : kRegisterFiles) {
      if (file.present()) files_.push_back(&file);
    }
    for (int i = 0; i < kTerms; ++i) {
      left_[static_cast<size_t>(i)] = 1.0f / static_cast<float>(i + 1);
      right_[static_cast<size_t>(i)] = static_cast<float>(i % 17);
    }
    if (HasWideDot()) dot_ = WideDot(left_.data(), right_.data(), kTerms);
  }

  void Round(JobContext& context) override {
    const uint32_t kind =
        context.random.Below(static_cast<uint32_t>(files_.size()) + 3);
    if (kind < files_.size()) {
      Hold(*files_[kind], context);
    } else if (kind == files_.size()) {
      TORTURE_EXPECT_EQ(failures_, sum_, Sum<double>(1));
    } else if (kind == files_.size() + 1) {
      TORTURE_EXPECT_EQ(failures_, long_sum_, Sum<long double>(1));
    } else if (HasWideDot()) {
      for (int i = 0; i < 20; ++i) {
        TORTURE_EXPECT_EQ(failures_, dot_,
                          WideDot(left_.data(), right_.data(), kTerms));
      }
    }
  }

 private:
  void Hold(const RegisterFile& file, JobContext& context) {
    alignas(64) File in = {};
    alignas(64) File out = {};
    const size_t words = file.bytes / sizeof(uint64_t);
    for (size_t i = 0; i < words; ++i) in[i] = context.random.Next();
    if (file.tidy != nullptr) file.tidy(in.data());
    const uint64_t spins = 1 + context.random.Below(100'000);
    file.hold(in.data(), out.data(), spins);
    if (file.tidy != nullptr) file.tidy(out.data());
    for (size_t i = 0; i < words; ++i) {
      if (in[i] == out[i]) continue;
      failures_.NoteDifference(
          file.name, static_cast<int>(i), "word of the register file",
          static_cast<int64_t>(in[i]), static_cast<int64_t>(out[i]));
    }
  }

  Failures& failures_;
  std::vector<const RegisterFile*> files_;
  const double sum_;
  const long double long_sum_;
  std::vector<float> left_;
  std::vector<float> right_;
  float dot_ = 0;
};

}  // namespace

std::unique_ptr<Job> MakeRegisterJob(const JobSetting& setting) {
  return std::make_unique<RegisterJob>(setting);
}

}  // namespace jiffy::torture
