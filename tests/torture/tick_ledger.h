// A policy around another one that records the ticks it is told of.
#ifndef JIFFY_TESTS_TORTURE_TICK_LEDGER_H_
#define JIFFY_TESTS_TORTURE_TICK_LEDGER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/core/task.h"
#include "sched/entity.h"
#include "sched/scheduler.h"

namespace jiffy::torture {

// The recorded counts.
struct TickAccount {
  // Charged to threads, and passed while no thread ran.
  uint64_t charged = 0;
  uint64_t idle = 0;
  // Interrupts that charged these ticks: on a busy machine one brings many
  // ticks.
  uint32_t interrupts = 0;
  // Ticks that threads which have ended reported as theirs.
  uint64_t of_ended_threads = 0;
  uint64_t threads_ended = 0;
};

// Returns how many interrupts have charged ticks. Context: green thread of the
// run.
inline uint32_t Interrupts(TickAccount& account) {
  return std::atomic_ref(account.interrupts).load(std::memory_order_relaxed);
}

// Passes all calls on to `policy`; the account outlives it.
class TickLedger final : public sched::Scheduler {
 public:
  TickLedger(std::unique_ptr<sched::Scheduler> policy, TickAccount* account)
      : policy_(std::move(policy)), account_(*account) {
    account_ = {};
  }

  std::string_view name() const override { return policy_->name(); }
  int64_t PreferredTickNs() const override {
    return policy_->PreferredTickNs();
  }
  bool NeedsClock() const override { return policy_->NeedsClock(); }

  // The first call of a run.
  void Reserve(size_t tasks) override {
    if (!bound_) policy_->BindHost(&host());
    bound_ = true;
    policy_->Reserve(tasks);
  }
  const char* Attach(sched::Entity& entity) override {
    return policy_->Attach(entity);
  }
  void Detach(sched::Entity& entity) override {
    account_.of_ended_threads += internal::TaskOf(&entity)->ticks;
    ++account_.threads_ended;
    policy_->Detach(entity);
  }
  void ParamsChanged(sched::Entity& entity) override {
    policy_->ParamsChanged(entity);
  }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    policy_->Enqueue(entity, reason);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    policy_->Dequeue(entity, reason);
  }
  sched::Entity* PickNext() override { return policy_->PickNext(); }
  sched::Entity* Yield(sched::Entity& current) override {
    return policy_->Yield(current);
  }
  bool Tick(sched::Entity& current, int ticks) override {
    account_.charged += static_cast<uint64_t>(ticks);
    const std::atomic_ref interrupts(account_.interrupts);
    interrupts.store(interrupts.load(std::memory_order_relaxed) + 1,
                     std::memory_order_relaxed);
    return policy_->Tick(current, ticks);
  }
  void TickAway(sched::Entity& away, int ticks) override {
    account_.charged += static_cast<uint64_t>(ticks);
    policy_->TickAway(away, ticks);
  }
  bool WakeupPreempts(const sched::Entity& current,
                      const sched::Entity& woken) override {
    return policy_->WakeupPreempts(current, woken);
  }
  void IdleTicks(int64_t ticks) override {
    account_.idle += static_cast<uint64_t>(ticks);
    policy_->IdleTicks(ticks);
  }
  uint64_t NextIdleEvent() const override { return policy_->NextIdleEvent(); }

 private:
  const std::unique_ptr<sched::Scheduler> policy_;
  TickAccount& account_;
  bool bound_ = false;
};

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_TICK_LEDGER_H_
