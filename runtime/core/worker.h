// A worker: one OS thread that serves as a CPU, and all that belongs to it.
//
// Its policy instance, tick, free slots, sleepers and mailbox are here, and
// nobody else touches them; the state of a task travels with the task. The
// worker's own stack and TLS are the idle task, which runs only when nothing is
// runnable.
//
// The handler can run code of all files of this folder:
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
// worker_inline.h has what several files inline. The rest of Worker is in
// machine/: worker.cc (a run), idle.cc (the idle loop), spawn.cc,
// thread_main.cc (a thread's first and last steps), stack_use.cc.
#ifndef JIFFY_RUNTIME_CORE_WORKER_H_
#define JIFFY_RUNTIME_CORE_WORKER_H_

#include <sys/types.h>

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
#include "runtime/core/machine.h"
#include "runtime/core/own_signals.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/tracer.h"
#include "runtime/core/waiter.h"
#include "runtime/core/watchdog.h"
#include "runtime/core/worker_parts.h"
#include "runtime/options.h"
#include "runtime/stats.h"
#include "sched/run_list.h"
#include "sched/scheduler.h"
#include "signals/cpu.h"
#include "signals/interrupted.h"
#include "signals/preempt.h"
#include "signals/single_writer.h"

namespace jiffy::internal {

class Worker final : public signals::Cpu,
                     public sched::Host,
                     private WorkerParts {
 public:
  struct Config {
    // Must outlive the worker.
    Machine* machine = nullptr;
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
  // (one level, plus levels that outer callers hold).
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
  void StopTimer(TimerNode* node) { sleepers_.queue.Remove(node); }
  // Makes this worker deliver a wake-up. Context: other OS threads.
  void DeliverRemotely(Parker* parker);

  // Runs first in a thread after any cooperative switch to it.
  void FinishCooperativeSwitch();

  // Gives the kernel the running task's signal mask and alternate stack. This
  // also does the unmask that is due if a handler switched to the task.
  // Context: preemption off.
  void RestoreSignals();

  // A tick that lands mid-switch marks the outgoing task; repeats the mark for
  // the incoming one.
  void RecallNoted();

  // sched::Host.
  sched::Scheduler& scheduler() override { return *policy_; }
  sched::Entity* Current() override;
  uint64_t Jiffies() const override;
  int64_t Now() const override { return clock_.now_ns; }
  int64_t WallNow() const override;
  void Wake(sched::Entity& entity) override;
  void PreemptDisable() override { signals::PreemptDisable(); }
  void PreemptEnable() override { signals::PreemptEnable(); }
  void Block() override;
  void Reschedule() override { Yield(); }

  const sched::Scheduler& policy() const { return *policy_; }
  // Tells the policy that the task's parameters changed.
  void ParamsChanged(Task& task) { policy_->ParamsChanged(task); }

  // Number of threads that are not tasks yet; they are in the queue.
  uint64_t unstarted() const { return stacks_.unstarted; }
  const sched::RunList* queue() const { return turns_.queue; }

  // Jiffies without the stolen ones. Waits are counted in these, so that no
  // wait looks long because the process was stopped.
  uint64_t OwnJiffies() const { return clock_.jiffies; }

  // The OS thread that is this CPU.
  pid_t os_thread() const { return os_thread_; }
  bool own_tls() const { return !shared_tls; }
  // Bytes of the guard below each stack.
  size_t guard_size() const { return GuardSize(stacks_.guard_class); }
  // The thread pointer of the OS thread's own thread block. Context: this
  // worker.
  void* os_thread_pointer() const { return idle_->context.thread_pointer; }
  size_t default_stack() const { return options_.stack_size; }
  // CPU time of a live task until now. Context: preemption off.
  int64_t CpuNs(const Task& task) const;
  bool measures_stacks() const { return options_.measure_stacks; }
  // Whether exact times are kept.
  bool timed() const { return modes_.timed; }

  Machine& machine() const { return machine_; }
  // Adds this worker's part of the run's statistics. Context: any thread, once
  // Run has called spawn_first.
  void AddStats(RuntimeStats& stats) const;
  Tracer& tracer() { return trace_.tracer; }
  std::string_view policy_name() const { return policy_->name(); }
  // Continues with the caller as the only thread. If the caller is a handler
  // that interrupted the scheduler, makes the scheduler do this soon.
  // StartTimersInChild then makes timers anew. Context: the child of a fork,
  // preemption off.
  void BecomeChild(bool in_scheduler);
  void StartTimersInChild();

 private:
  // The handler can call these.
  //
  // The policy's methods, inlined if the policy only takes turns.
  void Enqueue(Task& task, sched::EnqueueReason reason);
  void Dequeue(Task& task, sched::DequeueReason reason);
  // Removes the current task, which waits or ends, from the policy.
  void LeavePolicy(Task& self, sched::DequeueReason reason);
  sched::Entity* PickNext();
  bool WakeupPreempts(const Task& woken);
  // Returns the task to switch to; starts it if it has not started.
  Task* Chosen(sched::Entity* choice);
  Task* Start(sched::Entity* chosen);
  void Populate(Task* task, Completion* completion,
                const sched::TaskParams& params, void (*run)(void*),
                void* closure);
  static void YieldToUnstarted(sched::Entity* first);
  static void YieldToOwnSignals(Task* next);
  // Frees the completion of a detached thread that ends, now or later.
  void Drop(Completion* completion);
  // Stores in the task's completion the counts that outlive the task.
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

  // For the idle loop and set-up.
  absl::Status SetUp();
  absl::Status RunIdleLoop();
  void ChargeIdleTicks();
  bool IdleWait();
  absl::Status DeadlockError() const;
  void AbandonAll();
  void FreeGarbage();
  // Records the stack use of the calling task, which ends.
  void MeasureStack(Task& task);
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

  Machine& machine_;
  const RuntimeOptions& options_;
  std::unique_ptr<sched::Scheduler> policy_;
  pid_t os_thread_ = 0;

  // Each switch touches these.
  Task* current_ = nullptr;
  Task* idle_ = nullptr;
  // The policy's queue if the policy only takes turns.
  sched::TurnQueue turns_;
  // Stands in for TurnQueue::reset.
  int64_t unused_count_ = 0;

  FastYield fast_yield_;
  Modes modes_;
  LockHolders holders_;
  // A wake-up preempts the current task.
  bool resched_wanted_ = false;
  Counters counters_;
  Clock clock_;
  Sleepers sleepers_;
  Idling idling_;
  Mailbox mailbox_;
  Stacks stacks_;
  Completions completions_;
  // Threads that the policy has reserved room for.
  size_t reserved_ = 0;
  Watchdog watchdog_;
  Masks masks_;
  Recorder trace_;

  // The idle task where tasks share the OS thread's TLS.
  std::unique_ptr<signals::TaskFrame> shared_idle_frame_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_WORKER_H_
