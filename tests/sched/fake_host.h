// A machine of one CPU whose time the test advances.
#ifndef JIFFY_TESTS_SCHED_FAKE_HOST_H_
#define JIFFY_TESTS_SCHED_FAKE_HOST_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sched/scheduler.h"

namespace jiffy::sched {

// A task of a FakeHost. It has no code: the test performs its actions while it
// is current.
struct FakeTask : Entity {
  enum class State { kQueued, kRunning, kBlocked, kGone };

  std::string name;
  State state = State::kBlocked;
  // Ticks charged to it, and the longest time that it was runnable without any.
  uint64_t ticks = 0;
  uint64_t longest_wait = 0;
  // Jiffy at which it was last queued.
  uint64_t queued_at = 0;
};

// A simple and strict host: it keeps its own record of every task's state, and
// fails the test if the policy picks a task that is not runnable, or none while
// one is.
//
// Order of actions in a tick: the charge, the events due, the decision.
class FakeHost : public Host {
 public:
  static constexpr int64_t kTickNs = 10'000'000;

  // CurrentHost() returns this host until it is destroyed.
  explicit FakeHost(std::unique_ptr<Scheduler> policy,
                    int64_t tick_ns = kTickNs);
  ~FakeHost() override;

  // The machine as seen by the policy.
  Scheduler& scheduler() override { return *policy_; }
  Entity* Current() override { return current_; }
  uint64_t Jiffies() const override { return jiffies_; }
  int64_t Now() const override {
    return static_cast<int64_t>(jiffies_ - stolen_) * TickNs();
  }
  int64_t WallNow() const override {
    return static_cast<int64_t>(jiffies_) * TickNs();
  }
  void Wake(Entity& entity) override;
  void PreemptDisable() override { ++preempt_count_; }
  void PreemptEnable() override;
  void Block() override;
  void Reschedule() override;

  // Actions of the test.

  // Makes a task and queues it. If the policy refuses it, returns nullptr, and
  // refusal() gives the reason.
  FakeTask* Spawn(std::string_view name, TaskParams params = {});
  // Does the same, but the task runs before the current one if the policy
  // agrees.
  FakeTask* SpawnFirst(std::string_view name);
  const std::string& refusal() const { return refusal_; }
  // Gives an idle CPU a task to run, if there is one.
  void Dispatch();
  // Advances time by ticks.
  void Ticks(int count);
  // Advances time by ticks in which the machine itself stands still: no task is
  // charged.
  void Steal(uint64_t ticks) {
    jiffies_ += ticks;
    stolen_ += ticks;
  }
  // Calls `event` during the tick that makes it `jiffy`.
  void At(uint64_t jiffy, std::function<void()> event);
  // The current task yields, exits or blocks. BlockCurrent returns false if the
  // policy woke the task at once and chose it again.
  void Yield();
  void ExitCurrent();
  bool BlockCurrent();
  // Moves a queued task to another CPU.
  void Migrate(FakeTask& task);

  // Access to the host's state.

  FakeTask* current() const { return current_; }
  // Returns the name of the current task, "-" while the CPU idles.
  std::string current_name() const { return current_ ? current_->name : "-"; }
  const std::vector<std::unique_ptr<FakeTask>>& tasks() const { return tasks_; }
  // Returns which task had the CPU for how many ticks since the last call, in
  // order: "A15 -3 B2".
  std::string TakeHistory();

 protected:
  // Makes `next` current (nullptr: idle). The scripted host switches stacks.
  virtual void SwitchTo(FakeTask* next) { current_ = next; }

 private:
  FakeTask* Attach(std::string_view name, TaskParams params);
  void Tick();
  // Charges the ticks that were put off while preemption was off. Returns
  // whether the policy wants to preempt.
  bool ChargePending();
  void Preempt();
  void Enqueue(FakeTask& task, EnqueueReason reason);
  // Asks the policy, and compares its answer with the record.
  FakeTask* Pick();
  FakeTask* CheckPick(Entity* next);

  const std::unique_ptr<Scheduler> policy_;
  std::vector<std::unique_ptr<FakeTask>> tasks_;
  std::string refusal_;
  FakeTask* current_ = nullptr;
  uint64_t jiffies_ = 0;
  uint64_t stolen_ = 0;
  std::multimap<uint64_t, std::function<void()>> events_;
  int preempt_count_ = 0;
  int pending_ticks_ = 0;
  bool need_resched_ = false;
  int queued_ = 0;
  std::vector<std::string> history_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_TESTS_SCHED_FAKE_HOST_H_
