// A policy that records what another policy is told and answers.
#ifndef JIFFY_TESTS_RUNTIME_STRICT_POLICY_H_
#define JIFFY_TESTS_RUNTIME_STRICT_POLICY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "sched/scheduler.h"

namespace jiffy {

// The findings; to be read once the run is over.
struct PolicyAccount {
  // The policy's first forbidden action; nullptr if there was none.
  const char* mistake = nullptr;
  uint64_t attached = 0;
  uint64_t detached = 0;
  uint64_t picks = 0;
  // Calls of Tick, and the most ticks that came in one.
  uint64_t ticks = 0;
  int most_ticks_at_once = 0;
  // How many current threads blocked, and how many queued threads the host
  // removed to run before their turn.
  uint64_t blocked = 0;
  uint64_t taken = 0;
  // Longest time that a thread was runnable but not on the CPU, in calls of
  // Tick: missed chances to preempt. Includes threads that still wait.
  uint64_t longest_wait = 0;
};

// Passes all calls on to the policy that it holds, also in the interrupt
// handler. Threads are distinguished by their ids, below kMaxThreads.
class StrictPolicy final : public sched::Scheduler {
 public:
  static constexpr size_t kMaxThreads = 200'000;

  StrictPolicy(std::unique_ptr<sched::Scheduler> policy, PolicyAccount& account,
               bool may_run_before_turn = true)
      : policy_(std::move(policy)),
        account_(account),
        may_run_before_turn_(may_run_before_turn),
        threads_(std::make_unique<std::array<Thread, kMaxThreads>>()) {}

  std::string_view name() const override { return policy_->name(); }
  int64_t PreferredTickNs() const override {
    return policy_->PreferredTickNs();
  }
  bool NeedsClock() const override { return policy_->NeedsClock(); }
  void Reserve(size_t tasks) override {
    policy_->BindHost(&host());
    policy_->Reserve(tasks);
  }

  const char* RefuseParams(const sched::TaskParams& params) const override {
    return policy_->RefuseParams(params);
  }
  const char* Attach(sched::Entity& entity) override {
    if (const char* const refusal = policy_->Attach(entity)) return refusal;
    ++account_.attached;
    Move(entity, State::kGone, State::kBlocked, "attached twice");
    return nullptr;
  }
  void Detach(sched::Entity& entity) override {
    ++account_.detached;
    Move(entity, State::kBlocked, State::kGone, "detached while runnable");
    policy_->Detach(entity);
  }
  void ParamsChanged(sched::Entity& entity) override {
    policy_->ParamsChanged(entity);
  }

  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override {
    const bool was_running = reason == sched::EnqueueReason::kYielded ||
                             reason == sched::EnqueueReason::kPreempted;
    Move(entity, was_running ? State::kRunning : State::kBlocked,
         State::kQueued, "queued twice");
    policy_->Enqueue(entity, reason);
  }
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override {
    if (reason == sched::DequeueReason::kMigrated) {
      Move(entity, State::kQueued, State::kBlocked, "taken while not queued");
      --queued_;
      ++account_.taken;
    } else {
      if (reason == sched::DequeueReason::kBlocked) ++account_.blocked;
      Move(entity, State::kRunning, State::kBlocked, "left without the CPU");
    }
    policy_->Dequeue(entity, reason);
  }
  sched::Entity* PickNext() override { return Take(policy_->PickNext()); }
  sched::Entity* Yield(sched::Entity& current) override {
    Move(current, State::kRunning, State::kQueued, "yields without the CPU");
    return Take(policy_->Yield(current));
  }

  bool Tick(sched::Entity& current, int ticks) override {
    ++account_.ticks;
    if (ticks > account_.most_ticks_at_once) {
      account_.most_ticks_at_once = ticks;
    }
    if (Of(current).state != State::kRunning) {
      Note("a tick is charged to one who does not run");
    }
    return policy_->Tick(current, ticks);
  }
  bool WakeupPreempts(const sched::Entity& current,
                      const sched::Entity& woken) override {
    return policy_->WakeupPreempts(current, woken);
  }
  bool MayRunBeforeTurn() const override {
    return may_run_before_turn_ && policy_->MayRunBeforeTurn();
  }
  void TickAway(sched::Entity& away, int ticks) override {
    ++account_.ticks;
    if (Of(away).state != State::kBlocked) {
      Note("a tick is charged as to one who is away");
    }
    policy_->TickAway(away, ticks);
  }
  void IdleTicks(int64_t ticks) override { policy_->IdleTicks(ticks); }
  uint64_t NextIdleEvent() const override { return policy_->NextIdleEvent(); }

 private:
  enum class State : uint8_t { kGone, kBlocked, kQueued, kRunning };
  struct Thread {
    State state = State::kGone;
    uint64_t queued_at = 0;
  };

  Thread& Of(const sched::Entity& entity) {
    return (*threads_)[entity.id % kMaxThreads];
  }

  void Note(const char* mistake) {
    if (account_.mistake == nullptr) account_.mistake = mistake;
  }

  void Move(const sched::Entity& entity, State from, State to,
            const char* mistake) {
    Thread& thread = Of(entity);
    if (thread.state != from) Note(mistake);
    if (to == State::kQueued) {
      ++queued_;
      thread.queued_at = account_.ticks;
    }
    thread.state = to;
  }

  sched::Entity* Take(sched::Entity* choice) {
    if (choice == nullptr) {
      if (queued_ != 0) Note("the CPU idles while a thread is runnable");
      return nullptr;
    }
    ++account_.picks;
    Thread& thread = Of(*choice);
    if (thread.state != State::kQueued) Note("chose one that is not runnable");
    --queued_;
    thread.state = State::kRunning;
    const uint64_t waited = account_.ticks - thread.queued_at;
    if (waited > account_.longest_wait) account_.longest_wait = waited;
    return choice;
  }

  const std::unique_ptr<sched::Scheduler> policy_;
  PolicyAccount& account_;
  const bool may_run_before_turn_;
  // By id.
  const std::unique_ptr<std::array<Thread, kMaxThreads>> threads_;
  int64_t queued_ = 0;
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_STRICT_POLICY_H_
