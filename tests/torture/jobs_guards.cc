// Preemption off, by a guard or by the interrupt flag: no other thread runs
// meanwhile, and libc's locks cause no deadlock.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/thread.h"
#include "signals/irq.h"
#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

// Memory that one thread uses alone while preemption is off.
class Exclusive {
 public:
  // Writes, spins and reads back with plain accesses, as if it were the only
  // thread.
  bool Undisturbed(uint64_t value, uint32_t spins) {
    for (volatile uint64_t& word : words_) word = value;
    Spin(spins);
    for (volatile uint64_t& word : words_) {
      if (word != value) return false;
    }
    return true;
  }

 private:
  volatile uint64_t words_[32] = {};
};

class NoPreemptJob final : public Job {
 public:
  explicit NoPreemptJob(const JobSetting& setting)
      : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    const uint32_t spins = context.random.Below(30'000);
    {
      const NoPreempt guard;
      TORTURE_EXPECT(failures_,
                     exclusive_.Undisturbed(context.random.Next(), spins));
      {
        const NoPreempt nested;
        TORTURE_EXPECT(failures_,
                       exclusive_.Undisturbed(context.random.Next(), spins));
      }
      TORTURE_EXPECT(failures_,
                     exclusive_.Undisturbed(context.random.Next(), spins));
    }
    Allocate(context);
    YieldInside(context);
  }

 private:
  // A preempted thread may hold the lock that malloc wants.
  void Allocate(JobContext& context) {
    const NoPreempt guard;
    std::vector<std::string> texts;
    for (int i = 0; i < 20; ++i) {
      texts.emplace_back(100 + context.random.Below(4'000),
                         static_cast<char>('a' + i));
    }
    for (int i = 0; i < 20; ++i) {
      const std::string& text = texts[static_cast<size_t>(i)];
      TORTURE_EXPECT_EQ(failures_, static_cast<char>('a' + i), text.front());
      TORTURE_EXPECT_EQ(failures_, static_cast<char>('a' + i), text.back());
    }
  }

  // Others run when the thread yields; afterwards preemption is still off.
  void YieldInside(JobContext& context) {
    const NoPreempt guard;
    this_thread::Yield();
    TORTURE_EXPECT(failures_,
                   exclusive_.Undisturbed(context.random.Next(),
                                          context.random.Below(10'000)));
  }

  Failures& failures_;
  Exclusive exclusive_;
};

class InterruptFlagJob final : public Job {
 public:
  explicit InterruptFlagJob(const JobSetting& setting)
      : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    const uint32_t spins = context.random.Below(30'000);
    TORTURE_EXPECT(failures_, !signals::IrqsDisabled());
    const signals::IrqFlags flags = signals::IrqSave();
    TORTURE_EXPECT(failures_, signals::IrqsDisabled());
    TORTURE_EXPECT(failures_,
                   exclusive_.Undisturbed(context.random.Next(), spins));
    const signals::IrqFlags nested = signals::IrqSave();
    {
      const NoPreempt guard;
      TORTURE_EXPECT(failures_,
                     exclusive_.Undisturbed(context.random.Next(), spins));
    }
    signals::IrqRestore(nested);
    TORTURE_EXPECT(failures_, signals::IrqsDisabled());
    if (context.random.Below(2) == 0) {
      // The others have interrupts on; this thread finds them off again.
      this_thread::Yield();
      TORTURE_EXPECT(failures_, signals::IrqsDisabled());
    }
    TORTURE_EXPECT(failures_,
                   exclusive_.Undisturbed(context.random.Next(), spins));
    signals::IrqRestore(flags);
    TORTURE_EXPECT(failures_, !signals::IrqsDisabled());
  }

 private:
  Failures& failures_;
  Exclusive exclusive_;
};

}  // namespace

std::unique_ptr<Job> MakeNoPreemptJob(const JobSetting& setting) {
  return std::make_unique<NoPreemptJob>(setting);
}

std::unique_ptr<Job> MakeInterruptFlagJob(const JobSetting& setting) {
  return std::make_unique<InterruptFlagJob>(setting);
}

}  // namespace jiffy::torture
