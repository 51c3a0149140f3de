// A worker: one OS thread that serves as a CPU, and all that belongs to it.
//
// Its policy instance, its tick, its free slots, its sleepers, its mailbox are
// here and touched by nobody else; what belongs to a task travels with the
// task. The worker's own stack and TLS are the idle task, which runs only when
// nothing is runnable.
//
// The handler can reach all files of this folder:
//   switch.cc        a tick becomes a switch; threads yield and wait
//   tick.cc          the rare work of a tick
//   start.cc         a thread starts
//   exit.cc          a thread ends
//   wake.cc          calls, timers and other OS threads wake threads
//   lock_holders.cc  holders of libc's locks go first
//   own_signals.cc   signal masks and alternate stacks follow the thread
//   fork_child.cc    the child of a fork leaves the other threads behind
//   clock.cc         the clock that charges threads
//   observe.cc       statistics and traces
// worker_inline.h has what several of them inline. The rest of Worker is in
// machine/: worker.cc (a run), idle.cc (the idle loop), spawn.cc,
// thread_main.cc (a thread's first and last steps), stack_use.cc.
#ifndef JIFFY_RUNTIME_CORE_WORKER_H_
#define JIFFY_RUNTIME_CORE_WORKER_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/closure.h"
#include "runtime/core/deadline.h"
#include "runtime/core/fork.h"
#include "runtime/core/lock_holders.h"
#include "runtime/core/own_signals.h"
#include "runtime/core/slot.h"
#include "runtime/core/slot_trim.h"
#include "runtime/core/stack_use.h"
#include "runtime/core/task.h"
#include "runtime/core/timer_queue.h"
#include "runtime/core/tracer.h"
#include "runtime/core/waiter.h"
#include "runtime/core/watchdog.h"
#include "runtime/options.h"
#include "runtime/stats.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "signals/cpu.h"
#include "signals/interrupted.h"
#include "signals/preempt.h"
#include "signals/single_writer.h"

namespace jiffy::internal {

class Worker final : public signals::Cpu, public sched::Host {
 public:
  struct Config {
    const RuntimeOptions* options = nullptr;
    std::unique_ptr<sched::Scheduler> policy;
    int64_t tick_ns = 0;
    bool own_tls = false;
    // Events to remember, 0 for none.
    size_t trace_capacity = 0;
  };

  explicit Worker(Config config);
  ~Worker() override;

  // Runs the calling OS thread as this CPU until no thread is left.
  // `spawn_first` is called once the CPU is up. Errors: what went wrong in
  // setting up or in spawn_first, or the deadlock that ended the run.
  absl::Status Run(absl::FunctionRef<absl::Status()> spawn_first);

  // Makes a thread. Context: a green thread of this worker, preemption on; or
  // the OS thread before Run. Errors: InvalidArgument, ResourceExhausted.
  absl::StatusOr<Completion*> Spawn(const ThreadOptions& options,
                                    size_t default_stack, const ClosureOps& ops,
                                    void* source);

  friend void YieldCurrent();
  friend void FreeCompletion(Completion* completion);

  // The scheduling core. Context: green thread of this worker, preemption off
  // (one level, but for what the caller's caller holds).
  //
  // Lets another thread run; returns at once if the policy says so.
  void Yield();
  // Blocks the current task until Wake, or until `due_ns` (monotonic) if that
  // is not kNoDeadline.
  WakeReason Park(WaitKind kind, const void* object, int64_t due_ns);

  // Ends the current task. Returns the context to run next.
  arch::Context* ExitCurrent();

  // Makes a blocked task runnable; does nothing to others.
  void WakeTask(Task* task, WakeReason reason);
  // Starts a timer that is not queued, or stops one that is.
  // Context: on this worker, preemption off.
  void StartTimer(TimerNode* node);
  void StopTimer(TimerNode* node) { timer_queue_.Remove(node); }
  // Has this worker deliver a wake-up. Context: other OS threads.
  void DeliverRemotely(Parker* parker);

  // What a thread does first after any cooperative switch to it.
  void FinishCooperativeSwitch();

  // Gives the kernel the signal mask and alternate stack of the task that runs,
  // and so pays the unmask that a handler owes which switched to it. Context:
  // preemption off.
  void RestoreSignals();

  // Repeats for this task what a tick between the two halves of the switch has
  // marked the outgoing one with.
  void RecallNoted();

  // sched::Host.
  sched::Scheduler& scheduler() override { return *policy_; }
  sched::Entity* Current() override;
  uint64_t Jiffies() const override;
  int64_t Now() const override { return now_ns_; }
  int64_t WallNow() const override;
  void Wake(sched::Entity& entity) override;
  void PreemptDisable() override { signals::PreemptDisable(); }
  void PreemptEnable() override { signals::PreemptEnable(); }
  void Block() override;
  void Reschedule() override { Yield(); }

  const sched::Scheduler& policy() const { return *policy_; }
  // Tells the policy that the task's parameters changed.
  void ParamsChanged(Task& task) { policy_->ParamsChanged(task); }

  // All live tasks, through all_next. Context: preemption off.
  Task* all_tasks() const { return all_tasks_; }
  // How many threads live, and how many of them are no tasks yet; those are in
  // the queue.
  uint64_t live() const { return live_; }
  uint64_t unstarted() const { return unstarted_; }
  const sched::RunList* queue() const { return turns_.queue; }

  // Jiffies without the stolen ones: what waits are counted in, so that no wait
  // looks long because the process was stopped.
  uint64_t OwnJiffies() const { return jiffies_; }

  // The OS thread that is this CPU.
  pid_t os_thread() const { return os_thread_; }
  bool own_tls() const { return !shared_tls; }
  // Bytes of the guard below each stack.
  size_t guard_size() const { return GuardSize(guard_class_); }
  // Of the OS thread's own thread block. Context: this worker.
  void* os_thread_pointer() const { return idle_->context.thread_pointer; }
  size_t default_stack() const { return options_.stack_size; }
  int64_t start_ns() const { return start_ns_; }
  // Time on the CPU of a live task until now. Context: preemption off.
  int64_t CpuNs(const Task& task) const;
  bool measures_stacks() const { return options_.measure_stacks; }
  // Whether exact times are kept.
  bool timed() const { return timed_; }

  // Context: any thread, once Run has called spawn_first.
  RuntimeStats Stats() const;
  Tracer& tracer() { return tracer_; }
  std::string_view policy_name() const { return policy_->name(); }
  const ForkOrigin& fork() const { return fork_; }
  // Goes on with the caller as the only thread, or has the scheduler do so soon
  // if the caller, a handler, has interrupted that; then makes timers anew.
  // Context: the child of a fork, preemption off.
  void BecomeChild(bool in_scheduler);
  void StartTimersInChild();

 private:
  // In the handler's reach.
  //
  // What the policy's methods do, in place if it only takes turns.
  void Enqueue(Task& task, sched::EnqueueReason reason);
  void Dequeue(Task& task, sched::DequeueReason reason);
  // Takes the current task, which waits or ends, from the policy.
  void LeavePolicy(Task& self, sched::DequeueReason reason);
  sched::Entity* PickNext();
  bool WakeupPreempts(const Task& woken);
  // The task to switch to, which starts if it has not.
  Task* Chosen(sched::Entity* choice);
  Task* Start(sched::Entity* chosen);
  void Populate(Task* task, Completion* completion,
                const sched::TaskParams& params, void (*run)(void*),
                void* closure);
  void AddToAll(Task* task);
  static void YieldToUnstarted(sched::Entity* first);
  static void YieldToOwnSignals(Task* next);
  // Frees the completion of a detached thread, which ends, or has it freed.
  void Drop(Completion* completion);
  // Stores what is to outlive the task in its completion.
  void KeepCounts(const Task& task);

  static void RescheduleHook(signals::Cpu* cpu, signals::RescheduleFrom from);
  static void GuardedTickHook(signals::Cpu* cpu, bool may_report);
  static void CallEndedHook();
  void RescheduleFromTick(signals::RescheduleFrom from);
  void FinishReschedule(signals::RescheduleFrom from);
  void RescheduleAmongHolders(signals::RescheduleFrom from,
                              signals::Place place, bool preempt);
  void SetAside(LockUser& self);
  void WakeBlocked(LockUser& blocked);
  void WakeChanged();
  bool WakeSomeBlocked();
  Task* TakeHolder();
  bool GoesOnOutOfTurn(signals::Place place);
  void EndOutOfTurn();
  void YieldOutOfTurn();
  void LookSoon();
  void LeaveFromTick(Task* next, signals::RescheduleFrom from);
  bool LendForTrimming(bool preempt, signals::RescheduleFrom from);
  bool ChargeTicks();
  void ChargeIfAsked();
  void YieldHere();
  bool YieldTraced();
  bool StartFirst(Task* child);
  void ExpireTimers();
  void ArmFirstTimer();
  void ArmWakeup(int64_t due_ns);
  void DrainMailbox();
  void LeaveOthersBehind();
  void LeaveBehind(Task& task);
  void LeaveBehind(Completion& completion);
  void PrepareSwitch(Task* previous, Task* next);
  void SwitchTo(Task* next);
  void YieldTo(Task* next);
  void SwitchHere(Task* next);
  void ObserveSwitch(Task* previous, Task* next);
  void ObserveWakeup(Task* task);
  void AccountSwitch(Task* previous, Task* next);
  int64_t ClockAt(int64_t monotonic_ns) const;
  int64_t Believable(int64_t step) const;
  void RefreshClock();
  void ReadStealMeter(int64_t now);
  // Signal masks and alternate stacks (own_signals.h).
  OwnSignals& OwnSignalsOf(Task& task);
  uint64_t AwayMaskOf(Task& task);
  void KeepMask(Task& task, uint64_t mask);
  void KeepAlternateStack(Task& task);
  void KeepSignals(Task& task, uint64_t mask);
  void LeaveSignals(Task& previous, const Task& next);
  void InheritSignals(Task& child);
  void SetIdleMask();
  bool OnSharedStack() const;
  WakeReason WaitInKernel(const Task& self, int64_t due_ns);

  // In the idle loop and in set-up.
  absl::Status SetUp();
  absl::Status RunIdleLoop();
  void ChargeIdleTicks();
  bool IdleWait();
  absl::Status DeadlockError() const;
  void AbandonAll();
  void FreeGarbage();
  // Notes how much of its stack the calling task, which ends, used.
  void MeasureStack(Task& task);
  void NoteFullestStack(const Completion& completion);
  void ReportFullestStack() const;
  void ResetWithNewestTemplate(Task& task);
  absl::Status TakeMemory(int slot_class, Task** slot, void** memory);
  bool Reserve(void** memory);
  absl::Status ReserveNewSlot(void** memory);
  void* TakeCompletion();
  void* TakeSpareCompletion();
  bool StartsLate(size_t stack_size, const ClosureOps& ops) const;
  absl::StatusOr<Completion*> SpawnAsAsked(const ThreadOptions& options,
                                           size_t default_stack,
                                           const ClosureOps& ops, void* source);
  absl::StatusOr<Completion*> SpawnUnstarted(const ThreadOptions& options,
                                             const ClosureOps& ops,
                                             void* source);
  absl::StatusOr<Completion*> SpawnWithStack(const ThreadOptions& options,
                                             bool plain, size_t stack_size,
                                             const ClosureOps& ops,
                                             void* source);
  void StartPeriodicTick(int64_t now);
  void CountTicksFrom(int64_t now);
  void ShortenTick(int64_t slice_ns);
  static arch::Context* TaskMain(arch::Context* self);

  const RuntimeOptions& options_;
  std::unique_ptr<sched::Scheduler> policy_;

  pid_t os_thread_ = 0;

  // Touched at each switch.
  Task* current_ = nullptr;
  Task* idle_ = nullptr;
  // What there is to the policy, if it only takes turns.
  sched::TurnQueue turns_;
  // The same queue if a yield does no more than rotate it and switch (each task
  // has a copy), or also trace.
  sched::RunList* yield_queue_ = nullptr;
  sched::RunList* traced_yield_queue_ = nullptr;
  int64_t unused_count_ = 0;
  // Whether exact times are kept; whether they are or a trace is.
  bool timed_ = false;
  bool observed_ = false;
  bool needs_clock_ = false;
  // Whether somebody is charged by Now(): needs_clock_ or timed_.
  bool charges_by_clock_ = false;
  // Whether threads may start when their turn comes.
  bool starts_late_ = false;
  // Whether a yield has to look at any of needs_clock_, traced_yield_queue_,
  // LockHolders::running.
  bool special_yield_ = false;
  LockHolders holders_;
  const bool holders_first_;
  // When an idle worker next looks whether the policy has lost threads.
  int64_t lost_check_ns_ = 0;
  // Set by a wake-up that preempts.
  bool resched_wanted_ = false;
  signals::Counter switches_;

  // Time. ticks_charged_ follows Cpu::ticks_seen; jiffies_ are the ticks
  // charged and those of idle time, without the stolen ones.
  uint64_t ticks_charged_ = 0;
  // Points of the tick's grid that passed while it was stopped, and what the
  // grid's own count has ahead of all ticks until now.
  uint64_t ticks_skipped_ = 0;
  // Of these, those by which idling took longer than it was to.
  signals::Counter idle_stolen_;
  int64_t tick_base_ = 0;
  signals::Counter jiffies_;
  int64_t start_ns_ = 0;
  // What Now() says: time since start_ns_ that was not stolen.
  int64_t now_ns_ = 0;
  // When the clock of CPU time was last read, but for the handler.
  int64_t steal_read_ns_ = 0;
  TimerQueue timer_queue_;
  int64_t armed_ns_ = kNoDeadline;
  // How long to sleep before looking whether anybody is left to wake us.
  static constexpr int64_t kFirstIdleProbeNs = 20'000'000;
  int64_t idle_probe_ns_ = kFirstIdleProbeNs;

  SlotPool slots_;
  const int default_slot_class_;
  const int guard_class_;
  StackTrimmer trimmer_;
  // Wake-ups from other OS threads, linked by Parker::next.
  std::atomic<Parker*> mailbox_{nullptr};
  // OS threads inside DeliverRemotely: the worker outlives them.
  std::atomic<uint32_t> remote_wakers_{0};
  // What an idle worker sleeps on; a waker increments it.
  std::atomic<uint32_t> idle_word_{0};

  Watchdog watchdog_;
  ForkOrigin fork_;

  // Completions that nobody holds any more, to be freed with preemption on.
  Completion* garbage_ = nullptr;
  // Memory of freed completions.
  struct SpareCompletion {
    SpareCompletion* next;
  };
  SpareCompletion* spare_completions_ = nullptr;

  Task* all_tasks_ = nullptr;
  size_t unstarted_ = 0;
  signals::Counter live_;
  signals::Counter most_live_;
  signals::Counter next_id_ = 1;
  size_t reserved_ = 0;
  signals::Counter preemptions_;
  // Longest time that a thread kept preemption off, as ticks tell it.
  signals::SingleWriter<int64_t> longest_guard_ns_;
  // Of the run, once it is over.
  signals::SingleWriter<int64_t> wall_ns_;
  // Of all threads that ended; nullptr if none was measured.
  std::atomic<FullestStack*> fullest_stack_{nullptr};

  // Whether a thread had a mask of its own; whether the kernel may have another
  // alternate stack than plain_alternate_stack.
  bool has_own_signals_ = false;
  bool alternate_stack_changed_ = false;
  OwnSignals idle_signals_ = {};

  // The trace.
  Tracer tracer_;
  size_t trace_capacity_;
  // preemptions_ as of the last switch in it.
  uint64_t preemptions_traced_ = 0;
  // Who ends waits just now.
  Waker waker_ = Waker::kThread;

  // The idle task where tasks share the OS thread's TLS.
  std::unique_ptr<signals::TaskFrame> shared_idle_frame_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_WORKER_H_
