// The scheduling core: deciding, switching, waking. All of it may run inside
// the interrupt handler, so it allocates nothing, takes no lock and calls no
// libc function but those on the allow-list of tests/signals.
//
// The invariant of every function here: preemption is off (preempt_count >= 1)
// or the handler runs, so nothing else touches the worker or its policy.

#include <cxxabi.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "arch/context.h"
#include "runtime/completion.h"
#include "runtime/panic.h"
#include "runtime/task.h"
#include "runtime/worker.h"
#include "sched/run_list.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {
namespace {

// Where threads share TLS, the switch carries over what belongs to the thread:
// preempt_count, errno, the exceptions that are being handled.
void SaveShared(Task* task) {
  task->preempt_count = signals::task_frame.head.preempt_count;
  task->saved_errno = errno;
  memcpy(task->saved_exceptions, abi::__cxa_get_globals(),
         sizeof task->saved_exceptions);
}

void LoadShared(Task* task) {
  signals::TaskHead& head = signals::task_frame.head;
  head.current = task;
  head.preempt_count = task->preempt_count;
  errno = task->saved_errno;
  memcpy(abi::__cxa_get_globals(), task->saved_exceptions,
         sizeof task->saved_exceptions);
}

}  // namespace

// After the store the handle may free the completion: only its address is used.
void EndCompletion(Completion* completion, uint32_t state) {
  const bool wake = completion->os_waiter.load(std::memory_order_acquire) != 0;
  std::atomic<uint32_t>* word = &completion->state;
  word->store(state, std::memory_order_release);
  if (wake) [[unlikely]] {
    const signals::UncheckedAccess unchecked;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
  }
}

// What a task that gives the CPU up does first, so that ticks which came under
// its guard are charged to it.
inline void Worker::ChargeIfAsked() {
  signals::TaskHead& head = signals::task_frame.head;
  if (head.need_resched != 0) [[unlikely]] {
    head.need_resched = 0;
    ChargeTicks();
  }
  if (needs_clock_) [[unlikely]] {
    RefreshClock();
  }
}

// What is done before each switch, whatever its kind.
inline void Worker::PrepareSwitch(Task* previous, Task* next) {
  if (next != idle_ && next->state != TaskState::kRunnable) [[unlikely]] {
    Panic("the scheduling policy chose a thread that is not runnable");
  }
  next->state = TaskState::kRunning;
  next->cpu = this;
  current_ = next;
  ++switches_;
  // The next task runs with interrupts on, whatever the previous one holds.
  if (previous->irq_off != 0) [[unlikely]] {
    masked = true;
  }
  if (observed_) [[unlikely]] {
    ObserveSwitch(previous, next);
  }
}

inline void Worker::SwitchHere(Task* next) {
  Task* previous = current_;
  PrepareSwitch(previous, next);
  signals::AnnotatedSwitch annotated(*next);
  if (!shared_tls) {
    arch::jiffy_switch(&previous->context, &next->context);
  } else {
    SaveShared(previous);
    LoadShared(next);
    arch::jiffy_switch_shared(&previous->context, &next->context);
  }
  annotated.Finish();
}

void Worker::RescheduleHook(signals::Cpu* cpu, signals::RescheduleFrom from) {
  signals::BeginUnseen();
  static_cast<Worker*>(cpu)->RescheduleFromTick(from);
  signals::EndUnseen();
}

void Worker::GuardedTickHook(signals::Cpu* cpu, bool may_report) {
  auto* worker = static_cast<Worker*>(cpu);
  if (worker->current_ == worker->idle_) return;
  const uint64_t ticks = worker->ticks_seen - worker->ticks_charged_;
  const int64_t ns = static_cast<int64_t>(ticks) * worker->tick_ns_;
  if (ns > worker->longest_guard_ns_) worker->longest_guard_ns_ = ns;
  if (may_report) worker->watchdog_.GuardedTick(*worker->current_, ns);
}

void Worker::RescheduleFromTick(signals::RescheduleFrom from) {
  if (!ChargeTicks() || !options_.preempt) return;
  if (needs_clock_) RefreshClock();
  Task* self = current_;
  policy_->Enqueue(*self, sched::EnqueueReason::kPreempted);
  sched::Entity* choice = policy_->PickNext();
  if (choice == self) return;
  self->state = TaskState::kRunnable;
  self->preemptions++;
  ++preemptions_;
  if (from == signals::RescheduleFrom::kHandler) masked = true;
  SwitchTo(Chosen(choice));
  if (from == signals::RescheduleFrom::kGuard) {
    ThisWorker().FinishCooperativeSwitch();
  } else {
    ThisWorker().RecallNoted();
  }
}

// Charges the ticks that came to the current task and does what is due.
// Returns whether the CPU is to be taken from it.
bool Worker::ChargeTicks() {
  bool preempt = false;
  deferrals = 0;
  noted = false;
  watchdog_.Unguarded();
  const uint64_t seen = ticks_seen;
  const uint64_t ticks = seen - ticks_charged_;
  if (ticks != 0) {
    ticks_charged_ = seen;
    jiffies_ += ticks;
    current_->ticks += ticks;
    RefreshClock();
    preempt = policy_->Tick(*current_, static_cast<int>(ticks));
  }
  if (wakeup_due) ExpireTimers();
  if (mailbox_.load(std::memory_order_relaxed) != nullptr) DrainMailbox();
  if (watchdog_.watches_waits()) [[unlikely]] {
    watchdog_.CheckWaits(all_tasks_, jiffies_, tick_ns_);
  }
  preempt |= resched_wanted_;
  resched_wanted_ = false;
  return preempt;
}

void Worker::RefreshClock() { now_ns_ = signals::MonotonicNs() - start_ns_; }

// As YieldCurrent does where nothing is to be done but to take turns, with an
// event. Returns false, with nothing done, if there is more to do.
inline bool Worker::YieldTraced() {
  Task* self = current_;
  if (self->irq_off != 0) [[unlikely]] {
    return false;
  }
  // Read first: it takes its time, while the rest goes on.
  const uint64_t stamp = tracer_.Stamp();
  sched::RunList& queue = *traced_yield_queue_;
  *turns_.reset = 0;
  if (queue.empty()) return true;
  Task* next = TaskOf(queue.Rotate(*self));
  self->state = TaskState::kRunnable;
  self->voluntary_switches++;
  next->state = TaskState::kRunning;
  current_ = next;
  ++switches_;
  tracer_.Record(stamp, TraceKind::kSwitch,
                 static_cast<uint8_t>(LeaveReason::kYielded), next->id);
  arch::jiffy_switch(&self->context, &next->context);
  ThisWorker().FinishCooperativeSwitch();
  return true;
}

inline void Worker::YieldHere() {
  signals::TaskHead& head = signals::task_frame.head;
  // Who is in the mailbox may be the only one that waits for the CPU.
  if (head.need_resched != 0 ||
      mailbox_.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
    head.need_resched = 0;
    ChargeTicks();
  }
  if (special_yield_) [[unlikely]] {
    if (traced_yield_queue_ != nullptr && YieldTraced()) return;
    if (needs_clock_) RefreshClock();
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

void Worker::Yield() { YieldHere(); }

// What is left of a yield after the switch; functions of their own, so that
// YieldCurrent needs no register that the switch must keep.
__attribute__((noinline)) void FinishYieldSlowly() {
  signals::TaskHead& head = signals::task_frame.head;
  signals::Cpu& cpu = *head.cpu;
  if (cpu.masked) signals::FinishSwitch(cpu);
  if (cpu.noted) head.need_resched = 1;
  signals::PreemptEnable();
}

// A tick may have come between the halves of the switch.
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
    // Read now: before preemption was off, a tick may have moved the caller.
    ThisWorker().Yield();
  }
  signals::PreemptEnable();
}

__attribute__((noinline)) void Worker::YieldToUnstarted(sched::Entity* first) {
  SwitchTo(Start(first));
  FinishYield();
}

// If nothing is to be done but to take turns, a few loads and stores. What
// FinishCooperativeSwitch looks at is looked at beforehand, but for what a tick
// between the two halves of the switch leaves, and a handler that switched to
// the next thread before.
void YieldCurrent() {
  signals::PreemptDisable();
  const Task& here = *TaskOf(&signals::task_frame.head);
  sched::RunList* queue = here.yield_queue;
  if (queue == nullptr) [[unlikely]] {
    return YieldSlowly();
  }
  Worker& worker = ThisWorker();
  if (here.need_resched != 0 || here.irq_off != 0 ||
      worker.mailbox_.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
    return YieldSlowly();
  }
  // The task that followed the caller when its turn began is mostly still the
  // next. If so, its address is known without a look at the queue, on which all
  // loads below would wait; the processor only checks it there.
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
    return worker.YieldToUnstarted(first);
  }
  Task* next = TaskOf(first);
  next->state = TaskState::kRunning;
  worker.current_ = next;
  ++worker.switches_;
  arch::jiffy_switch(&self->context, &next->context);
  FinishYield();
}

// Lets a new thread run before the current one, if the policy agrees. Returns
// whether it did, which may be long after.
bool Worker::StartFirst(Task* child) {
  if (current_ == idle_) return false;
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
  ChargeIfAsked();
  // That may have emptied the mailbox, with the wake-up in it.
  if (self->parker != nullptr &&
      self->parker->delivered.load(std::memory_order_relaxed) != 0) {
    return WakeReason::kWoken;
  }
  self->wait_kind = kind;
  self->wait_object = object;
  self->wait_since = jiffies_;
  self->wait_reported = false;
  self->state = TaskState::kBlocked;
  if (due_ns != kNoDeadline) {
    self->timer.due_ns = due_ns;
    timer_queue_.Add(&self->timer);
    ArmFirstTimer();
  }
  self->voluntary_switches++;
  Dequeue(*self, sched::DequeueReason::kBlocked);
  sched::Entity* choice = PickNext();
  // A policy may have woken its own sleeper while it chose.
  if (choice == self) {
    self->state = TaskState::kRunning;
  } else {
    SwitchTo(Chosen(choice));
    ThisWorker().FinishCooperativeSwitch();
  }
  self->wait_kind = WaitKind::kNone;
  self->wait_object = nullptr;
  return self->wake_reason;
}

void Worker::Block() { Park(WaitKind::kPolicy, nullptr, kNoDeadline); }

inline void Worker::KeepCounts(const Task& task) {
  EndCounts& counts = task.completion->counts;
  counts.ticks = task.ticks;
  counts.voluntary_switches = task.voluntary_switches;
  counts.preemptions = task.preemptions;
  counts.longest_wait_ns = task.longest_wait_ns;
  counts.spawned_ns = task.spawned_ns;
  counts.cpu_ns = CpuNs(task);
  counts.ended_ns = timed_ ? signals::MonotonicNs() - start_ns_ : 0;
}

arch::Context* Worker::ExitCurrent() {
  ChargeIfAsked();
  Task* self = current_;
  self->state = TaskState::kFinished;
  self->voluntary_switches++;
  Dequeue(*self, sched::DequeueReason::kExited);
  if (turns_.queue == nullptr) policy_->Detach(*self);

  if (self->all_prev != nullptr) {
    self->all_prev->all_next = self->all_next;
  } else {
    all_tasks_ = self->all_next;
  }
  if (self->all_next != nullptr) self->all_next->all_prev = self->all_prev;
  --live_;

  Task* joiner = nullptr;
  if (Completion* completion = self->completion; completion != nullptr) {
    if (tracer_.on()) [[unlikely]] {
      tracer_.KeepName(self->id, completion->name);
    }
    KeepCounts(*self);
    completion->task = nullptr;
    if (completion->orphaned) {
      Drop(completion);
    } else {
      joiner = completion->joiner;
      signals::Released(completion);
      EndCompletion(completion, Completion::kFinished);
    }
  }
  if (joiner != nullptr) WakeTask(joiner, WakeReason::kWoken);

  // The stack is in use until the switch: whom that starts takes another.
  // Nobody else takes slots from this worker's pool, and the worker is here.
  Task* next = Chosen(PickNext());
  slots_.Put(self);
  PrepareSwitch(self, next);
  if (shared_tls) LoadShared(next);
  signals::AnnotatedSwitch::End(*next);
  return &next->context;
}

}  // namespace jiffy::internal
