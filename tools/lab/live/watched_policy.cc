#include "tools/lab/live/watched_policy.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "signals/tick.h"

namespace jiffy::lab {

using sched::DequeueReason;
using sched::EnqueueReason;
using sched::Entity;
using sched::sim::Cause;

int64_t OsThreadCpuNs() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

WatchedPolicy::WatchedPolicy(std::unique_ptr<sched::Scheduler> policy,
                             EventRing& ring, size_t threads)
    : policy_(std::move(policy)), ring_(ring), threads_(threads + kFirstId) {
  policy_->BindHost(&machine_);
}

void WatchedPolicy::Start() {
  started_ = true;
  start_ns_ = signals::MonotonicNs();
  base_jiffies_ = host().Jiffies();
  base_stolen_ns_ = host().WallNow() - host().Now();
}

void WatchedPolicy::Stop() {
  if (outcome_ == Outcome::kRunning) {
    ReadClock();
    end_ns_ = now_ns_;
  }
  stopped_ = true;
  // The policy is asked no more, so the links are free for other use.
  for (Watched& thread : threads_) {
    if (thread.entity != nullptr && thread.queued) {
      outside_.PushBack(*thread.entity);
    }
  }
  if (suspended_ != nullptr) {
    outside_.PushBack(*std::exchange(suspended_, nullptr));
  }
}

void WatchedPolicy::ExpectFork(int spec, int forked, bool delayed) {
  Watched& parent = Calling();
  parent.forks = true;
  parent.fork_delayed = delayed;
  parent.fork_spec = spec;
  parent.fork_number = forked;
}

const char* WatchedPolicy::Admit(Entity& entity, int spec, bool delayed) {
  return AdmitAs(entity, spec, -1, delayed);
}

const char* WatchedPolicy::AdmitAs(Entity& entity, int spec, int forked,
                                   bool delayed) {
  machine_.FollowTick();
  if (const char* const refusal = policy_->Attach(entity)) return refusal;
  Watched& thread = Of(entity);
  thread.place = delayed ? Place::kOutside : Place::kEntering;
  thread.entry = EnqueueReason::kNew;
  ++live_;
  Record({.thread = IndexOf(entity),
          .other = spec,
          .number = forked,
          .kind = LiveEvent::Kind::kCreate,
          .runnable = !delayed});
  return nullptr;
}

void WatchedPolicy::NoteSleep() {
  Watched& thread = Calling();
  thread.sleeps = true;
  ++sleepers_;
  if (thread.place == Place::kOutside) {
    thread.place = Place::kEntering;
    thread.entry = EnqueueReason::kWoken;
  }
}

void WatchedPolicy::NoteBurstEnd() {
  ReadClock();
  Record({.thread = IndexOf(*host().Current()),
          .kind = LiveEvent::Kind::kBurstEnd});
}

void WatchedPolicy::NotePhase(int phase) {
  ReadClock();
  Record({.thread = IndexOf(*host().Current()),
          .number = phase,
          .kind = LiveEvent::Kind::kPhase});
}

int64_t WatchedPolicy::CpuNs() const {
  const Entity& self = *host().Current();
  const int64_t ns = Of(self).cpu_ns;
  return charged_ == self.id ? ns + OsThreadCpuNs() - charged_since_ns_ : ns;
}

const char* WatchedPolicy::Attach(Entity& entity) {
  if (entity.id >= threads_.size()) {
    return "the run has more threads than its workload can make";
  }
  Of(entity) = {};
  Of(entity).entity = &entity;
  if (entity.id < kFirstId) {
    controller_ = &entity;
    return nullptr;
  }
  Watched& parent = Calling();
  if (!parent.forks || stopped_) return nullptr;
  parent.forks = false;
  ReadClock();
  return AdmitAs(entity, parent.fork_spec, parent.fork_number,
                 parent.fork_delayed);
}

void WatchedPolicy::Detach(Entity& entity) {
  const bool inside = Inside(entity);
  Of(entity).entity = nullptr;
  if (!inside) return;
  policy_->Detach(entity);
  if (--live_ > 0) return;
  RecordSwitch(LiveEvent::kNobody);
  outcome_ = Outcome::kEnded;
  end_ns_ = now_ns_;
  host().Wake(*controller_);
}

void WatchedPolicy::ParamsChanged(Entity& entity) {
  if (Inside(entity)) policy_->ParamsChanged(entity);
}

void WatchedPolicy::Enqueue(Entity& entity, EnqueueReason reason) {
  Watched& thread = Of(entity);
  if (thread.sleeps) {
    thread.sleeps = false;
    --sleepers_;
  }
  if (stopped_ || thread.place == Place::kOutside) {
    outside_.PushBack(entity);
    return;
  }
  ReadClock();
  if (thread.place == Place::kEntering) {
    thread.place = Place::kInside;
    reason = thread.entry;
  } else if (reason == EnqueueReason::kPreempted && !policy_preempts_) {
    // Only to let one from outside pass.
    suspended_ = &entity;
    return;
  }
  if (reason == EnqueueReason::kPreempted) cause_ = preempt_cause_;
  EnqueueInside(entity, reason);
  if (reason == EnqueueReason::kWoken) {
    Entity* const waker = host().Current();
    Record({.thread = IndexOf(entity),
            .other = waking_ ? IndexOf(*waker) : LiveEvent::kNobody,
            .kind = LiveEvent::Kind::kWakeup});
  }
}

void WatchedPolicy::Dequeue(Entity& entity, DequeueReason reason) {
  if (!Inside(entity)) return;
  ReadClock();
  const bool exits = reason == DequeueReason::kExited;
  cause_ = exits ? Cause::kExit : Cause::kBlock;
  left_state_ = exits ? 'X' : 'S';
  policy_->Dequeue(entity, reason);
}

Entity* WatchedPolicy::PickNext() {
  if (Entity* const next = outside_.PopFront()) return Charge(next);
  if (stopped_ || !started_) return Charge(nullptr);
  ReadClock();
  if (Entity* const back = std::exchange(suspended_, nullptr)) {
    if (!policy_preempts_) return Charge(back);
    cause_ = preempt_cause_;
    EnqueueInside(*back, EnqueueReason::kPreempted);
  }
  return Take(policy_->PickNext());
}

Entity* WatchedPolicy::Yield(Entity& current) {
  if (!Inside(current)) {
    outside_.PushBack(current);
    return PickNext();
  }
  ReadClock();
  cause_ = Cause::kYield;
  Of(current).queued = true;
  ++queued_;
  Entity* const next = Take(policy_->Yield(current));
  if (outside_.empty() || outcome_ != Outcome::kRunning) return next;
  // One from outside is due as well.
  suspended_ = next;
  return Charge(outside_.PopFront());
}

bool WatchedPolicy::Tick(Entity& current, int ticks) {
  ticks_ = ticks_ + static_cast<uint64_t>(ticks);
  if (stopped_ || !started_) return false;
  ReadClock();
  Entity* const charged = CurrentOfPolicy();
  if (charged == nullptr) {
    policy_->IdleTicks(ticks);
    return false;
  }
  if (!policy_->Tick(*charged, ticks)) return false;
  WantPreemption(Cause::kSliceEnd);
  return charged == &current;
}

bool WatchedPolicy::WakeupPreempts(const Entity& current, const Entity& woken) {
  if (stopped_ || !started_) return false;
  if (!Inside(woken)) return Inside(current);
  const Entity* const on_cpu = CurrentOfPolicy();
  if (on_cpu == nullptr || !policy_->WakeupPreempts(*on_cpu, woken)) {
    return false;
  }
  WantPreemption(Cause::kWakeup);
  return on_cpu == &current;
}

void WatchedPolicy::IdleTicks(int64_t ticks) {
  ticks_ = ticks_ + static_cast<uint64_t>(ticks);
  if (stopped_ || !started_) return;
  ReadClock();
  policy_->IdleTicks(ticks);
}

uint64_t WatchedPolicy::NextIdleEvent() const {
  if (stopped_ || !started_) return kNever;
  const uint64_t event = policy_->NextIdleEvent();
  return event == kNever ? kNever : event + base_jiffies_;
}

Entity* WatchedPolicy::CurrentOfPolicy() {
  if (suspended_ != nullptr) return suspended_;
  Entity* const current = host().Current();
  return current != nullptr && Inside(*current) ? current : nullptr;
}

void WatchedPolicy::ReadClock() {
  machine_.FollowTick();
  now_ns_ = signals::MonotonicNs() - start_ns_;
  const int64_t stolen_ns = host().WallNow() - host().Now();
  own_now_ns_ = std::max(own_now_ns_, now_ns_ - (stolen_ns - base_stolen_ns_));
}

void WatchedPolicy::Record(LiveEvent event) {
  if (stopped_) return;
  event.time_ns = now_ns_;
  ring_.Push(event);
}

void WatchedPolicy::RecordSwitch(int32_t next) {
  if (next != traced_) {
    Record({.thread = traced_,
            .other = next,
            .kind = LiveEvent::Kind::kSwitch,
            .cause = traced_ == LiveEvent::kNobody ? Cause::kIdle : cause_,
            .state = traced_ == LiveEvent::kNobody ? 'R' : left_state_});
  }
  traced_ = next;
  left_state_ = 'R';
}

void WatchedPolicy::EnqueueInside(Entity& entity, EnqueueReason reason) {
  Of(entity).queued = true;
  ++queued_;
  policy_->Enqueue(entity, reason);
}

// Of several causes the first is named.
void WatchedPolicy::WantPreemption(Cause cause) {
  if (!policy_preempts_) preempt_cause_ = cause;
  policy_preempts_ = true;
}

Entity* WatchedPolicy::Take(Entity* choice) {
  policy_preempts_ = false;
  ++decisions_;
  if (choice == nullptr) {
    if (queued_ > 0) return HandOver(Outcome::kChoseNobody);
    RecordSwitch(LiveEvent::kNobody);
    if (sleepers_ == 0) return HandOver(Outcome::kDeadlock);
    return Charge(nullptr);
  }
  Watched& thread = Of(*choice);
  if (!Inside(*choice) || !thread.queued) {
    culprit_ = IndexOf(*choice);
    return HandOver(Outcome::kChoseWrong);
  }
  thread.queued = false;
  --queued_;
  RecordSwitch(IndexOf(*choice));
  return Charge(choice);
}

Entity* WatchedPolicy::HandOver(Outcome outcome) {
  outcome_ = outcome;
  end_ns_ = now_ns_;
  host().Wake(*controller_);
  return Charge(outside_.PopFront());
}

Entity* WatchedPolicy::Charge(Entity* next) {
  const uint64_t id = next == nullptr ? kIdle : next->id;
  if (id == charged_) return next;
  const int64_t now = OsThreadCpuNs();
  threads_[charged_].cpu_ns += now - charged_since_ns_;
  if (charged_ >= kFirstId) busy_ns_ += now - charged_since_ns_;
  charged_ = id;
  charged_since_ns_ = now;
  return next;
}

}  // namespace jiffy::lab
