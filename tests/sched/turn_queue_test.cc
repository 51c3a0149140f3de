// Policies that only take turns behave as TurnQueue specifies, so that a host
// may do their work.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sched/registry.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {
namespace {

std::unique_ptr<Scheduler> Make(const std::string& policy) {
  constexpr int kSliceTicks = 3;
  auto made = MakePolicy(policy, {.slice_ns = kSliceTicks * FakeHost::kTickNs});
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

// A policy that takes turns as TurnQueue specifies.
class TurnTaker final : public Scheduler {
 public:
  explicit TurnTaker(std::unique_ptr<Scheduler> policy)
      : policy_(std::move(policy)), turns_(policy_->turn_queue()) {}

  std::string_view name() const override { return policy_->name(); }
  // The first call of a host.
  void Reserve(size_t tasks) override {
    policy_->BindHost(&host());
    policy_->Reserve(tasks);
  }
  void Enqueue(Entity& entity, EnqueueReason reason) override {
    if (reason == EnqueueReason::kPreempted) {
      policy_->Enqueue(entity, reason);
    } else {
      turns_.queue->PushBack(entity);
    }
  }
  void Dequeue(Entity& entity, DequeueReason reason) override {
    if (reason == DequeueReason::kMigrated) policy_->Dequeue(entity, reason);
  }
  Entity* PickNext() override {
    BeginTurn();
    return turns_.queue->PopFront();
  }
  Entity* Yield(Entity& current) override {
    BeginTurn();
    return turns_.queue->Rotate(current);
  }
  bool StartFirst(Entity& current, Entity& child) override {
    return policy_->StartFirst(current, child);
  }
  bool Tick(Entity& current, int ticks) override {
    return policy_->Tick(current, ticks);
  }

 private:
  void BeginTurn() {
    if (turns_.reset != nullptr) *turns_.reset = 0;
  }

  std::unique_ptr<Scheduler> policy_;
  TurnQueue turns_;
};

// Returns which task had the CPU for how long while all kinds of events occur.
std::string History(std::unique_ptr<Scheduler> policy) {
  FakeHost host(std::move(policy));
  for (int i = 0; i < 5; ++i) host.Spawn(std::to_string(i) + ":");
  host.Dispatch();
  for (int i = 0; i < 100; ++i) {
    host.Ticks(i % 7);
    host.Yield();
    if (i % 10 == 9) host.BlockCurrent();
    if (i % 15 == 14) host.SpawnFirst(std::to_string(i) + ":");
    if (i % 20 == 19) host.Wake(*host.tasks()[2]);
    if (i % 25 == 24) host.ExitCurrent();
    host.Wake(*host.tasks()[1]);
  }
  return host.TakeHistory();
}

class TurnQueueTest : public testing::TestWithParam<std::string> {};

TEST_P(TurnQueueTest, HostThatTakesTurns_DoesAsThePolicyDoes) {
  const std::string history = History(Make(GetParam()));
  EXPECT_NE(history, "");
  EXPECT_EQ(History(std::make_unique<TurnTaker>(Make(GetParam()))), history);
}

std::vector<std::string> PoliciesThatTakeTurns() {
  std::vector<std::string> names;
  for (const PolicyInfo& policy : AllPolicies()) {
    if (Make(policy.name)->turn_queue().queue != nullptr) {
      names.push_back(policy.name);
    }
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Policies, TurnQueueTest,
                         testing::ValuesIn(PoliciesThatTakeTurns()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jiffy::sched
