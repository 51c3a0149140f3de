// No tick is lost and none is invented, whatever threads do.

#include "tests/torture/ticks.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "sched/splitmix64.h"
#include "signals/irq.h"
#include "tests/torture/failures.h"
#include "tests/torture/flags.h"
#include "tests/torture/spin.h"
#include "tests/torture/tick_ledger.h"

namespace jiffy::torture {
namespace {

constexpr uint32_t kTickUs = 100;
// Spin counts of about that many ticks.
constexpr uint32_t kTick = kTickUs * 1'000;

void Compute(sched::SplitMix64& random) { Spin(random.Below(4 * kTick)); }

// Mostly shorter than a tick: a sleep may lie between two ticks.
void Sleep(sched::SplitMix64& random) {
  this_thread::SleepFor(absl::Microseconds(random.Below(2 * kTickUs)));
}

// Wakes up right after a tick, and so always at the same phase of the ticks.
void SleepInStep(sched::SplitMix64&) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const int64_t us =
      std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  this_thread::SleepFor(absl::Microseconds(kTickUs - us % kTickUs));
  Spin(kTick / 3);
}

void HoldGuard(sched::SplitMix64& random) {
  const NoPreempt guard;
  Spin(random.Below(4 * kTick));
}

void HoldInterrupts(sched::SplitMix64& random) {
  const signals::IrqFlags flags = signals::IrqSave();
  Spin(random.Below(4 * kTick));
  signals::IrqRestore(flags);
}

void YieldOften(sched::SplitMix64&) {
  for (int i = 0; i < 2'000; ++i) this_thread::Yield();
}

void SpawnAndJoin(sched::SplitMix64& random) {
  Thread thread([&random] { Compute(random); });
  Compute(random);
  thread.Join().IgnoreError();
}

struct Work {
  const char* name;
  void (*run)(sched::SplitMix64& random);
};

constexpr Work kWorks[] = {
    {"Compute", &Compute},           {"Sleep", &Sleep},
    {"SleepInStep", &SleepInStep},   {"HoldGuard", &HoldGuard},
    {"YieldOften", &YieldOften},     {"HoldInterrupts", &HoldInterrupts},
    {"SpawnAndJoin", &SpawnAndJoin},
};

void DoWork(const Work& work, uint64_t seed) {
  sched::SplitMix64 random(seed);
  for (int i = 0; i < 150; ++i) work.run(random);
}

// Runs `threads` threads of each kind of work and checks all laws.
void ExpectTicksHold(const std::string& scheduler,
                     const std::vector<Work>& works, int threads) {
  TickAccount account;
  Failures failures;
  RuntimeOptions options;
  options.time_slice = absl::Microseconds(kTickUs);
  options.tick = options.time_slice;
  options.policy = [&](const sched::PolicyConfig& config)
      -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
    absl::StatusOr<std::unique_ptr<sched::Scheduler>> policy =
        sched::MakePolicy(scheduler, config);
    if (!policy.ok()) return policy.status();
    return std::make_unique<TickLedger>(*std::move(policy), &account);
  };
  absl::StatusOr<Runtime> runtime = Runtime::Create(options);
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  const absl::Status status = runtime->Run([&] {
    std::vector<Thread> all;
    for (const Work& work : works) {
      for (int i = 0; i < threads; ++i) {
        all.emplace_back(ThreadOptions{.priority = 1}, &DoWork, work,
                         Seed() + all.size());
      }
    }
    for (Thread& thread : all) thread.Join().IgnoreError();
    ExpectTicksBalance(*runtime, account, failures);
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(account.charged, account.of_ended_threads);
  for (const std::string& message : failures.Messages()) {
    ADD_FAILURE() << message;
  }
}

class Ticks : public ::testing::TestWithParam<Work> {};

TEST_P(Ticks, OneThread_AllChargedOnce) {
  ExpectTicksHold("rr", {GetParam()}, 1);
}

TEST_P(Ticks, SomeThreads_AllChargedOnce) {
  ExpectTicksHold("rr", {GetParam()}, 3);
}

INSTANTIATE_TEST_SUITE_P(, Ticks, ::testing::ValuesIn(kWorks),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(TicksOfPolicy, AllKindsOfWork_AllChargedOnce) {
  const std::vector<Work> works(std::begin(kWorks), std::end(kWorks));
  for (const char* scheduler : {"rr", "random", "fifo", "linux-0.01"}) {
    SCOPED_TRACE(scheduler);
    ExpectTicksHold(scheduler, works, 1);
  }
}

}  // namespace
}  // namespace jiffy::torture
