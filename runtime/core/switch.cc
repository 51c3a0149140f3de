// The scheduling core: a tick becomes a switch; threads yield and wait. All of
// it may run inside the interrupt handler. So it allocates nothing, takes no
// lock and calls only libc functions on the allow-list of tests/signals.
//
// The invariant of every function here: preemption is off (preempt_count >= 1)
// or the handler runs, so nothing else touches the worker or its policy.

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <utility>

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/policy_check.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "sched/run_list.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {
namespace {

// The switch if threads share TLS. Out of line, since the other switch needs
// fewer registers.
[[gnu::noinline]] void SwitchShared(Task* previous, Task* next) {
  SaveShared(previous);
  LoadShared(next);
  arch::jiffy_switch_shared(&previous->context, &next->context);
}

}  // namespace

[[gnu::always_inline]] inline void Worker::SwitchHere(Task* next) {
  Task* previous = current_;
  PrepareSwitch(previous, next);
  signals::AnnotatedSwitch annotated(*next);
  if (!shared_tls) {
    arch::jiffy_switch(&previous->context, &next->context);
  } else {
    SwitchShared(previous, next);
  }
  annotated.Finish();
}

void Worker::RescheduleHook(signals::Cpu* cpu, signals::RescheduleFrom from) {
  signals::BeginUnseen();
  static_cast<Worker*>(cpu)->RescheduleFromTick(from);
  signals::EndUnseen();
}

// Switches away from the current task, which stays runnable.
void Worker::LeaveFromTick(Task* next, signals::RescheduleFrom from) {
  current_->state = TaskState::kRunnable;
  if (from == signals::RescheduleFrom::kHandler) {
    masked = signals::kMaskOtherInHandler;
  }
  SwitchTo(next);
  ThisWorker().FinishReschedule(from);
}

void Worker::RescheduleFromTick(signals::RescheduleFrom from) {
  const signals::Place place =
      std::exchange(interrupted.place, signals::Place::kProgram);
  const bool preempt = ChargeTicks();
  if (!options_.preempt) return;
  if ((place != signals::Place::kProgram && modes_.holders_first) ||
      holders_.busy()) [[unlikely]] {
    return RescheduleAmongHolders(from, place, preempt);
  }
  if (clock_.now_ns >= stacks_.trimmer.next_ns()) [[unlikely]] {
    if (LendForTrimming(preempt, from)) return;
  }
  if (!preempt) return;
  if (modes_.needs_clock) RefreshClock();
  Task& self = *current_;
  policy_->Enqueue(self, sched::EnqueueReason::kPreempted);
  sched::Entity* choice = policy_->PickNext();
  if (choice == &static_cast<sched::Entity&>(self)) return;
  self.state = TaskState::kRunnable;
  self.preemptions++;
  ++counters_.preemptions;
  if (from == signals::RescheduleFrom::kHandler) {
    masked = signals::kMaskOtherInHandler;
  }
  SwitchHere(Chosen(choice));
  ThisWorker().FinishReschedule(from);
}

// Charges the ticks that came to the current task and handles what is due.
// Returns whether to preempt the current task.
bool Worker::ChargeTicks() {
  bool preempt = false;
  deferral.looks = 0;
  noted = false;
  watchdog_.Unguarded();
  const uint64_t seen = ticks_seen;
  const uint64_t ticks = seen - clock_.ticks_charged;
  if (ticks != 0) {
    const int64_t now = signals::MonotonicNs();
    clock_.now_ns =
        modes_.charges_by_clock ? ClockAt(now) : now - clock_begin_ns;
    clock_.ticks_charged = seen;
    clock_.jiffies += ticks;
    current_->ticks += ticks;
    if (current_ != holders_.running) [[likely]] {
      preempt = policy_->Tick(*current_, static_cast<int>(ticks));
    } else {
      policy_->TickAway(*current_, static_cast<int>(ticks));
    }
  }
  if (wakeup_due) ExpireTimers();
  if (mailbox_.first.load(std::memory_order_relaxed) != nullptr) DrainMailbox();
  if (watchdog_.watches_waits()) [[unlikely]] {
    watchdog_.CheckWaits(machine_.all_tasks, clock_.jiffies, TickNs());
  }
  preempt |= resched_wanted_;
  resched_wanted_ = false;
  return preempt;
}

// Like the fast path of YieldCurrent, plus an event. Returns false, with
// nothing done, if there is more to do.
inline bool Worker::YieldTraced() {
  Task* self = current_;
  if (masks_.any_own || self->SignalFlags() != 0) [[unlikely]] {
    return false;
  }
  // Read first: the slow read overlaps with the code below.
  const uint64_t stamp = trace_.tracer.Stamp();
  sched::RunList& queue = *fast_yield_.traced_queue;
  *turns_.reset = 0;
  if (queue.empty()) return true;
  Task* next = TaskOf(queue.Rotate(*self));
  self->state = TaskState::kRunnable;
  self->voluntary_switches++;
  next->state = TaskState::kRunning;
  current_ = next;
  ++counters_.switches;
  trace_.tracer.Record(stamp, TraceKind::kSwitch,
                       static_cast<uint8_t>(LeaveReason::kYielded), next->id);
  arch::jiffy_switch(&self->context, &next->context);
  ThisWorker().FinishCooperativeSwitch();
  return true;
}

inline void Worker::YieldHere() {
  signals::TaskHead& head = signals::task_frame.head;
  if (current_->SignalFlags() != 0 && OnSharedStack()) [[unlikely]] {
    return;
  }
  // The thread in the mailbox may be the only one that waits for the CPU.
  if (head.need_resched != 0 ||
      mailbox_.first.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
    head.need_resched = 0;
    ChargeTicks();
  }
  if (fast_yield_.special) [[unlikely]] {
    if (holders_.running == current_) return YieldOutOfTurn();
    if (fast_yield_.traced_queue != nullptr && YieldTraced()) return;
    if (modes_.needs_clock) RefreshClock();
  }
  Task* self = current_;
  sched::Entity* choice = policy_->Yield(*self);
  if (choice == self) return;
  self->state = TaskState::kRunnable;
  self->voluntary_switches++;
  SwitchHere(Chosen(choice));
  ThisWorker().FinishCooperativeSwitch();
}

void Worker::SwitchTo(Task* next) { SwitchHere(next); }

// Switches to `next`, which the policy chose when the current task gave up the
// CPU. `next` may be the current task.
void Worker::YieldTo(Task* next) {
  if (next == current_) {
    next->state = TaskState::kRunning;
    return;
  }
  SwitchTo(next);
  ThisWorker().FinishCooperativeSwitch();
}

void Worker::Yield() { YieldHere(); }

// Ends a yield after the switch. Not inlined, so that YieldCurrent needs no
// register that the switch must keep.
__attribute__((noinline)) void FinishYieldSlowly() {
  ThisWorker().FinishCooperativeSwitch();
  signals::PreemptEnable();
}

// YieldCurrent has checked signal flags and mailbox before. A tick may have
// landed mid-switch.
__attribute__((noinline)) void FinishYield() {
  const signals::Cpu& cpu = *signals::task_frame.head.cpu;
  if (cpu.masked || cpu.noted) [[unlikely]] {
    return FinishYieldSlowly();
  }
  signals::PreemptEnable();
}

__attribute__((noinline)) void YieldSlowly() {
  if (signals::task_frame.head.cpu == nullptr) {
    syscall(SYS_sched_yield);
  } else {
    // Read the worker only now: while preemption was on, a tick may have moved
    // the caller.
    ThisWorker().Yield();
  }
  signals::PreemptEnable();
}

__attribute__((noinline)) void Worker::YieldToUnstarted(sched::Entity* first) {
  Worker& worker = ThisWorker();
  worker.SwitchTo(worker.Start(first));
  FinishYield();
}

__attribute__((noinline)) void Worker::YieldToOwnSignals(Task* next) {
  ThisWorker().SwitchTo(next);
  FinishYield();
}

// Fast path: a few loads and stores, if a yield only takes turns. Checks
// beforehand what FinishCooperativeSwitch checks. Afterwards, FinishYield
// handles a tick that landed mid-switch and a handler that switched to the next
// thread.
void YieldCurrent() {
  signals::PreemptDisable();
  const Task& here = *TaskOf(&signals::task_frame.head);
  sched::RunList* queue = here.yield_queue;
  if (queue == nullptr) [[unlikely]] {
    return YieldSlowly();
  }
  Worker& worker = ThisWorker();
  if (here.ReschedulesOrHasSignals() ||
      worker.mailbox_.first.load(std::memory_order_relaxed) != nullptr)
      [[unlikely]] {
    return YieldSlowly();
  }
  // The task that followed the caller when its turn began is usually still the
  // next. If so, its address is known without reading the queue, on which all
  // loads below would wait; the processor only verifies it there.
  sched::Entity* first = here.next;
  asm("" : "+r"(first));
  if (first != queue->front()) [[unlikely]] {
    first = queue->front();
    asm("" : "+r"(first));  // A branch, not a choice that waits for both.
  }
  *worker.turns_.reset = 0;
  if (first == nullptr) return signals::PreemptEnable();
  asm("" : "+r"(first));
  Task* self = worker.current_;
  queue->RotateFirst(*self, *first);
  self->state = TaskState::kRunnable;
  self->voluntary_switches++;
  if (IsUnstarted(*first)) [[unlikely]] {
    return Worker::YieldToUnstarted(first);
  }
  Task* next = TaskOf(first);
  if (next->SignalFlags() != 0) [[unlikely]] {
    return Worker::YieldToOwnSignals(next);
  }
  next->state = TaskState::kRunning;
  worker.current_ = next;
  ++worker.counters_.switches;
  arch::jiffy_switch(&self->context, &next->context);
  FinishYield();
}

// Lets a new thread run before the current one, if the policy agrees. Returns
// whether it did; the return may come much later.
bool Worker::StartFirst(Task* child) {
  if (current_ == idle_ || current_ == holders_.running) return false;
  ChargeIfAsked();
  Task* self = current_;
  if (!policy_->StartFirst(*self, *child)) return false;
  self->state = TaskState::kRunnable;
  self->voluntary_switches++;
  SwitchHere(child);
  ThisWorker().FinishCooperativeSwitch();
  return true;
}

WakeReason Worker::Park(WaitKind kind, const void* object, int64_t due_ns) {
  Task* self = current_;
  if (self->SignalFlags() != 0 && OnSharedStack()) [[unlikely]] {
    return WaitInKernel(*self, due_ns);
  }
  ChargeIfAsked();
  // Charging may have emptied the mailbox, with the wake-up in it.
  if (CameBeforeParking(self->parker)) return WakeReason::kWoken;
  self->wait_kind = kind;
  self->wait_object = object;
  self->wait_since = clock_.jiffies;
  self->wait_reported = false;
  self->state = TaskState::kBlocked;
  if (due_ns != kNoDeadline) {
    self->timer.due_ns = due_ns;
    sleepers_.queue.Add(&self->timer);
    ArmFirstTimer();
  }
  self->voluntary_switches++;
  LeavePolicy(*self, sched::DequeueReason::kBlocked);
  sched::Entity* choice = PickNext();
  // The policy may have woken its own sleeper while it chose.
  if (choice == self) {
    if (self->state != TaskState::kRunnable) {
      PanicOnChoice(policy_->name(), *self);
    }
    self->state = TaskState::kRunning;
  } else {
    SwitchHere(Chosen(choice));
    ThisWorker().FinishCooperativeSwitch();
  }
  self->wait_kind = WaitKind::kNone;
  self->wait_object = nullptr;
  return self->wake_reason;
}

void SleepUntil(int64_t due_ns) {
  signals::PreemptDisable();
  while (ThisWorker().Park(WaitKind::kSleep, nullptr, due_ns) !=
         WakeReason::kTimeout) {
  }
  signals::PreemptEnable();
}

void Worker::Block() { Park(WaitKind::kPolicy, nullptr, kNoDeadline); }

}  // namespace jiffy::internal
