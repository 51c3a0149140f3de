// Linux 0.01 shares the CPU by priority: live hogs with 30 and with 15 ticks a
// recharge get the CPU as 2 to 1.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/linux001.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

constexpr int kRecharges = 20;
constexpr int kPriorities[] = {30, 30, 15, 15};
constexpr uint64_t kTicks = uint64_t{kRecharges} * (30 + 30 + 15 + 15);
// The main thread is the first.
constexpr uint64_t kFirstHog = 2;

// Ticks charged to each hog, and whether these are enough.
std::array<uint64_t, std::size(kPriorities)> charged;
std::atomic<uint64_t> total = 0;
std::atomic<bool> enough = false;

// Linux 0.01, without the effects of a busy machine: late ticks come in a
// burst, which may be more than a turn has left. Here a burst counts as one
// tick.
class SteadyLinux001 final : public sched::Scheduler {
 public:
  std::string_view name() const override { return "steady-linux-0.01"; }
  const char* Attach(sched::Entity& entity) override {
    policy_.BindHost(&host());
    return policy_.Attach(entity);
  }
  void Detach(sched::Entity& entity) override { policy_.Detach(entity); }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    policy_.Enqueue(entity, reason);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    policy_.Dequeue(entity, reason);
  }
  sched::Entity* PickNext() override { return policy_.PickNext(); }
  bool Tick(sched::Entity& current, int /*ticks*/) override {
    if (current.id >= kFirstHog && !enough) {
      charged[current.id - kFirstHog]++;
      total = total + 1;
      enough = total == kTicks;
    }
    return policy_.Tick(current, 1);
  }

 private:
  sched::Linux001 policy_;
};

class Linux001RatioTest : public RunTest {};

TEST_F(Linux001RatioTest, FourHogs_GetTicksAsTheirPrioritiesOver20Recharges) {
  options_.policy = [](const sched::PolicyConfig&)
      -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
    return std::make_unique<SteadyLinux001>();
  };
  options_.tick = absl::Microseconds(500);
  repetitions_ = 1;
  charged = {};
  total = 0;
  enough = false;
  Run([] {
    std::vector<Thread> hogs;
    {
      // None gets ahead of the others.
      const NoPreempt together;
      for (const int priority : kPriorities) {
        hogs.emplace_back(ThreadOptions{.priority = priority}, [] {
          while (!enough) {
          }
        });
      }
    }
    for (Thread& hog : hogs) EXPECT_TRUE(hog.Join().ok());
  });
  ASSERT_EQ(total, kTicks);
  for (size_t i = 0; i < charged.size(); ++i) {
    const double share = kPriorities[i] * kRecharges;
    EXPECT_NEAR(static_cast<double>(charged[i]), share, 0.05 * share)
        << "hog " << i;
  }
  EXPECT_NEAR(static_cast<double>(charged[0] + charged[1]) /
                  static_cast<double>(charged[2] + charged[3]),
              2.0, 0.1);
  // Each turn ends by the timer.
  EXPECT_GE(stats().preemptions, 3u * kRecharges);
}

}  // namespace
}  // namespace jiffy
