#include "tests/sched/fake_host.h"

#include <algorithm>
#include <utility>

#include "gtest/gtest.h"
#include "sched/run_list.h"

namespace jiffy::sched {
namespace {

using State = FakeTask::State;

Host* g_host = nullptr;

}  // namespace

FakeHost::FakeHost(std::unique_ptr<Scheduler> policy, int64_t tick_ns)
    : policy_(std::move(policy)) {
  SetTickNs(tick_ns);
  policy_->BindHost(this);
  g_host = this;
  SetCurrentHostResolver([] { return g_host; });
}

FakeHost::~FakeHost() {
  SetCurrentHostResolver(nullptr);
  g_host = nullptr;
}

FakeTask* FakeHost::Attach(std::string_view name, TaskParams params) {
  auto task = std::make_unique<FakeTask>();
  task->name = name;
  task->params = params;
  task->id = tasks_.size() + 1;
  policy_->Reserve(tasks_.size() + 1);
  if (const char* const refusal = policy_->Attach(*task)) {
    refusal_ = refusal;
    return nullptr;
  }
  tasks_.push_back(std::move(task));
  return tasks_.back().get();
}

FakeTask* FakeHost::Spawn(std::string_view name, TaskParams params) {
  FakeTask* const task = Attach(name, params);
  if (task != nullptr) Enqueue(*task, EnqueueReason::kNew);
  return task;
}

FakeTask* FakeHost::SpawnFirst(std::string_view name) {
  FakeTask* const task = Attach(name, {});
  if (task == nullptr) return nullptr;
  FakeTask& parent = *current_;
  if (!policy_->StartFirst(parent, *task)) {
    Enqueue(*task, EnqueueReason::kNew);
    return task;
  }
  parent.state = State::kQueued;
  parent.queued_at = jiffies_ - stolen_;
  ++queued_;
  task->state = State::kRunning;
  SwitchTo(task);
  return task;
}

void FakeHost::Wake(Entity& entity) {
  FakeTask& task = static_cast<FakeTask&>(entity);
  if (task.state != State::kBlocked) return;
  Enqueue(task, EnqueueReason::kWoken);
  if (current_ != nullptr && current_->state == State::kRunning &&
      policy_->WakeupPreempts(*current_, task)) {
    need_resched_ = true;
  }
}

void FakeHost::PreemptEnable() {
  ASSERT_GT(preempt_count_, 0) << "PreemptEnable without PreemptDisable";
  if (--preempt_count_ > 0 || current_ == nullptr) return;
  if (ChargePending() || need_resched_) Preempt();
}

void FakeHost::Block() {
  ASSERT_GT(preempt_count_, 0) << "Block with preemption on";
  ASSERT_NE(current_, nullptr) << "Block without a current task";
  ChargePending();
  // The count belongs to the task: the next one has its own.
  const int count = std::exchange(preempt_count_, 0);
  const bool switched = BlockCurrent();
  preempt_count_ = count;
  // A task that did not sleep may try again, in a loop. That uses CPU: here a
  // tick each time, or time would stand still.
  if (!switched) Tick();
}

void FakeHost::Reschedule() {
  ASSERT_GT(preempt_count_, 0) << "Reschedule with preemption on";
  ChargePending();
  const int count = std::exchange(preempt_count_, 0);
  Yield();
  preempt_count_ = count;
}

void FakeHost::Dispatch() {
  ASSERT_EQ(current_, nullptr) << "the CPU is not idle";
  // A host that sleeps until then learns nothing new by asking earlier.
  if (queued_ == 0 && jiffies_ < policy_->NextIdleEvent()) return;
  SwitchTo(Pick());
}

void FakeHost::Ticks(int count) {
  for (int i = 0; i < count; ++i) Tick();
}

void FakeHost::Tick() {
  ++jiffies_;
  history_.push_back(current_name());
  bool decide = false;
  if (current_ == nullptr) {
    policy_->IdleTicks(1);
  } else {
    ++current_->ticks;
    ++pending_ticks_;
    if (preempt_count_ == 0) decide = ChargePending();
  }
  const auto due = events_.equal_range(jiffies_);
  std::vector<std::function<void()>> events;
  for (auto it = due.first; it != due.second; ++it) {
    events.push_back(std::move(it->second));
  }
  events_.erase(due.first, due.second);
  for (const auto& event : events) event();
  if (preempt_count_ > 0) return;
  if (current_ == nullptr) {
    Dispatch();
  } else if (decide || need_resched_) {
    Preempt();
  }
}

void FakeHost::At(uint64_t jiffy, std::function<void()> event) {
  ASSERT_GT(jiffy, jiffies_) << "that tick has passed";
  events_.emplace(jiffy, std::move(event));
}

void FakeHost::Yield() {
  FakeTask& yielding = *current_;
  yielding.state = State::kQueued;
  yielding.queued_at = jiffies_ - stolen_;
  ++queued_;
  SwitchTo(CheckPick(policy_->Yield(yielding)));
}

bool FakeHost::BlockCurrent() {
  FakeTask* const blocking = current_;
  blocking->state = State::kBlocked;
  policy_->Dequeue(*blocking, DequeueReason::kBlocked);
  FakeTask* const next = Pick();
  SwitchTo(next);
  return next != blocking;
}

void FakeHost::ExitCurrent() {
  FakeTask& exiting = *current_;
  exiting.state = State::kGone;
  policy_->Dequeue(exiting, DequeueReason::kExited);
  FakeTask* const next = Pick();
  policy_->Detach(exiting);
  SwitchTo(next);
}

void FakeHost::Migrate(FakeTask& task) {
  ASSERT_EQ(task.state, State::kQueued);
  task.state = State::kGone;
  --queued_;
  policy_->Dequeue(task, DequeueReason::kMigrated);
  policy_->Detach(task);
}

std::string FakeHost::TakeHistory() {
  std::string result;
  for (size_t i = 0; i < history_.size();) {
    size_t end = i;
    while (end < history_.size() && history_[end] == history_[i]) ++end;
    if (!result.empty()) result += ' ';
    result += history_[i] + std::to_string(end - i);
    i = end;
  }
  history_.clear();
  return result;
}

bool FakeHost::ChargePending() {
  const int ticks = std::exchange(pending_ticks_, 0);
  return ticks > 0 && policy_->Tick(*current_, ticks);
}

void FakeHost::Preempt() {
  Enqueue(*current_, EnqueueReason::kPreempted);
  SwitchTo(Pick());
}

void FakeHost::Enqueue(FakeTask& task, EnqueueReason reason) {
  task.state = State::kQueued;
  task.queued_at = jiffies_ - stolen_;
  ++queued_;
  policy_->Enqueue(task, reason);
}

FakeTask* FakeHost::Pick() { return CheckPick(policy_->PickNext()); }

FakeTask* FakeHost::CheckPick(Entity* next) {
  need_resched_ = false;
  if (next == nullptr) {
    EXPECT_EQ(queued_, 0) << "the CPU idles while a task is runnable";
    return nullptr;
  }
  FakeTask& task = static_cast<FakeTask&>(*next);
  EXPECT_EQ(task.state, State::kQueued)
      << "task " << task.name << " was picked but is not queued";
  task.state = State::kRunning;
  --queued_;
  task.longest_wait =
      std::max(task.longest_wait, jiffies_ - stolen_ - task.queued_at);
  return &task;
}

}  // namespace jiffy::sched
