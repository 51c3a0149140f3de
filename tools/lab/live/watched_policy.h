// A policy under watch: what it is told and what it answers in a live run.
#ifndef JIFFY_TOOLS_LAB_LIVE_WATCHED_POLICY_H_
#define JIFFY_TOOLS_LAB_LIVE_WATCHED_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "sched/sim/trace.h"
#include "tools/lab/live/event_ring.h"

namespace jiffy::lab {

// Stands between the runtime and a policy, so that
//
// - what happens goes to an EventRing, with its time and its cause;
// - the policy knows the workload's threads only. The controller (the run's
//   main thread) and threads that are still on their way to their start are run
//   behind its back, as a machine serves interrupts;
// - time is as in a simulation: it begins with Start(), at jiffy 0;
// - a mistake of the policy is found: one that chooses a thread that is not
//   runnable, or nobody while somebody is;
// - each thread's CPU time is known, by the kernel's account of the worker.
//
// Unless said otherwise, methods are called with preemption off.
class WatchedPolicy final : public sched::Scheduler {
 public:
  // `threads` is the most that the workload will have.
  WatchedPolicy(std::unique_ptr<sched::Scheduler> policy, EventRing& ring,
                size_t threads);

  // For the controller, which is the run's first thread.
  //
  // Time 0 is now.
  void Start();
  int64_t start_ns() const { return start_ns_; }
  // Ticks that came, for who wants to start with one. Context: anywhere.
  uint64_t ticks() const { return ticks_; }
  // From now on everything is run behind the policy's back, which is asked no
  // more, and nothing is recorded.
  void Stop();

  // Takes a thread that waits at its start into the run. Returns the policy's
  // reason if it refuses, else nullptr. If `delayed`, it runs behind the
  // policy's back until it sleeps; else it becomes runnable when it is woken.
  const char* Admit(sched::Entity& entity, int spec, bool delayed);

  // For threads.
  //
  // Tells that the calling thread is about to block until a time. If it was
  // delayed, its start is over with that.
  void NoteSleep();
  void NoteBurstEnd();
  void NotePhase(int phase);
  // Tells that the thread that the calling one spawns next is fork `forked` of
  // task `spec`. It is in the run without Admit.
  void ExpectFork(int spec, int forked, bool delayed);
  // Who is to be named as the waker of those woken from now on: the calling
  // thread, or nobody.
  void SetWaking(bool waking) { waking_ = waking; }
  // CPU time of the calling thread, in nanoseconds.
  int64_t CpuNs() const;

  // How the run went.
  enum class Outcome {
    kRunning,
    kEnded,        // All threads have exited.
    kDeadlock,     // All threads wait for each other.
    kChoseNobody,  // Though somebody was runnable.
    kChoseWrong,   // A thread that was not runnable.
  };
  Outcome outcome() const { return outcome_; }
  // The thread that kChoseWrong is about, counted from 0.
  int32_t culprit() const { return culprit_; }
  uint64_t decisions() const { return decisions_; }
  int64_t end_ns() const { return end_ns_; }
  // CPU time of all threads together.
  int64_t busy_ns() const { return busy_ns_; }

  // Scheduler.
  std::string_view name() const override { return policy_->name(); }
  int64_t PreferredTickNs() const override {
    return policy_->PreferredTickNs();
  }
  void Reserve(size_t tasks) override { policy_->Reserve(tasks); }
  const char* RefuseParams(const sched::TaskParams& params) const override {
    return policy_->RefuseParams(params);
  }
  const char* Attach(sched::Entity& entity) override;
  void Detach(sched::Entity& entity) override;
  void ParamsChanged(sched::Entity& entity) override;
  bool HasClass(sched::SchedClass sched_class) const override {
    return policy_->HasClass(sched_class);
  }
  bool Outranks(const sched::TaskParams& a,
                const sched::TaskParams& b) const override {
    return policy_->Outranks(a, b);
  }
  void Enqueue(sched::Entity& entity, sched::EnqueueReason reason) override;
  void Dequeue(sched::Entity& entity, sched::DequeueReason reason) override;
  sched::Entity* PickNext() override;
  sched::Entity* Yield(sched::Entity& current) override;
  bool Tick(sched::Entity& current, int ticks) override;
  bool WakeupPreempts(const sched::Entity& current,
                      const sched::Entity& woken) override;
  // All waits and turns that it records must be decisions of the policy.
  bool MayRunBeforeTurn() const override { return false; }
  void IdleTicks(int64_t ticks) override;
  uint64_t NextIdleEvent() const override;
  std::string_view PickRule() const override { return policy_->PickRule(); }
  void Describe(const sched::Entity& entity, char* buffer,
                size_t size) const override {
    policy_->Describe(entity, buffer, size);
  }

 private:
  // The machine as the policy is to see it.
  class Machine final : public sched::Host {
   public:
    explicit Machine(WatchedPolicy& watch) : watch_(watch) {}
    sched::Scheduler& scheduler() override { return *watch_.policy_; }
    sched::Entity* Current() override { return watch_.CurrentOfPolicy(); }
    uint64_t Jiffies() const override {
      return watch_.host().Jiffies() - watch_.base_jiffies_;
    }
    int64_t Now() const override { return watch_.own_now_ns_; }
    int64_t WallNow() const override { return watch_.now_ns_; }
    void Wake(sched::Entity& entity) override { watch_.host().Wake(entity); }
    void PreemptDisable() override { watch_.host().PreemptDisable(); }
    void PreemptEnable() override { watch_.host().PreemptEnable(); }
    void Block() override { watch_.host().Block(); }
    void Reschedule() override { watch_.host().Reschedule(); }

    // A thread with a shorter slice may have shortened the host's tick.
    void FollowTick() { SetTickNs(watch_.host().TickNs()); }

   private:
    WatchedPolicy& watch_;
  };

  enum class Place : uint8_t {
    kOutside,   // Behind the policy's back.
    kEntering,  // Its next Enqueue is the policy's to know, as `entry` says.
    kInside,    // The policy's.
  };

  struct Watched {
    sched::Entity* entity = nullptr;
    Place place = Place::kOutside;
    sched::EnqueueReason entry = sched::EnqueueReason::kNew;
    // Runnable and not on the CPU, inside.
    bool queued = false;
    bool sleeps = false;
    int64_t cpu_ns = 0;
    // The task that it forks next.
    bool forks = false;
    bool fork_delayed = false;
    int32_t fork_spec = 0;
    int32_t fork_number = 0;
  };

  // Ids: 0 is idle, 1 the controller, 2 the first thread.
  static constexpr uint64_t kIdle = 0;
  static constexpr uint64_t kFirstId = 2;
  static int32_t IndexOf(const sched::Entity& entity) {
    return static_cast<int32_t>(entity.id - kFirstId);
  }
  Watched& Of(const sched::Entity& entity) { return threads_[entity.id]; }
  const Watched& Of(const sched::Entity& entity) const {
    return threads_[entity.id];
  }
  Watched& Calling() { return Of(*host().Current()); }
  bool Inside(const sched::Entity& entity) const {
    return !stopped_ && Of(entity).place == Place::kInside;
  }
  // Whom the policy takes to be on the CPU.
  sched::Entity* CurrentOfPolicy();

  void ReadClock();
  void Record(LiveEvent event);
  void RecordSwitch(int32_t next);
  const char* AdmitAs(sched::Entity& entity, int spec, int forked,
                      bool delayed);
  void EnqueueInside(sched::Entity& entity, sched::EnqueueReason reason);
  void WantPreemption(sched::sim::Cause cause);
  // Checks the policy's choice, records it and returns who is to run.
  sched::Entity* Take(sched::Entity* choice);
  // Ends the policy's part: the controller is next.
  sched::Entity* HandOver(Outcome outcome);
  // Charges CPU time until now to who had it, and notes who has it next.
  sched::Entity* Charge(sched::Entity* next);

  const std::unique_ptr<sched::Scheduler> policy_;
  EventRing& ring_;
  Machine machine_{*this};
  // By id.
  std::vector<Watched> threads_;

  bool started_ = false;
  bool stopped_ = false;
  int64_t start_ns_ = 0;
  uint64_t base_jiffies_ = 0;
  // Since the start, as of the last event.
  int64_t now_ns_ = 0;
  // The same without time that was stolen, and what was before the start.
  int64_t own_now_ns_ = 0;
  int64_t base_stolen_ns_ = 0;
  int64_t end_ns_ = 0;
  volatile uint64_t ticks_ = 0;

  // Those who run behind the policy's back.
  sched::RunList outside_;
  sched::Entity* controller_ = nullptr;
  // Whom the policy has on the CPU, while one from outside has it in truth.
  sched::Entity* suspended_ = nullptr;
  // Whether the policy wants the CPU taken from its current thread, and why.
  bool policy_preempts_ = false;
  sched::sim::Cause preempt_cause_ = sched::sim::Cause::kSliceEnd;

  // The last switch in the trace: who came, and how it left since.
  int32_t traced_ = LiveEvent::kNobody;
  char left_state_ = 'R';
  sched::sim::Cause cause_ = sched::sim::Cause::kIdle;

  // Who has the CPU in truth, since when on the kernel's clock.
  uint64_t charged_ = kIdle;
  int64_t charged_since_ns_ = 0;
  int64_t busy_ns_ = 0;

  bool waking_ = false;
  int64_t queued_ = 0;
  int64_t sleepers_ = 0;
  int64_t live_ = 0;
  uint64_t decisions_ = 0;
  Outcome outcome_ = Outcome::kRunning;
  int32_t culprit_ = LiveEvent::kNobody;
};

// Returns the CPU time of the calling OS thread in nanoseconds.
// Async-signal-safe.
int64_t OsThreadCpuNs();

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_LIVE_WATCHED_POLICY_H_
