#include "runtime/worker.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "arch/context.h"
#include "runtime/deadlock.h"
#include "runtime/dump.h"
#include "runtime/options.h"
#include "runtime/report.h"
#include "runtime/slot.h"
#include "runtime/task.h"
#include "runtime/trace.h"
#include "signals/fault.h"
#include "signals/handler.h"
#include "signals/irq.h"
#include "signals/preempt.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kLastIdleProbeNs = 10 * kNsPerSecond;

int64_t LimitNs(absl::Duration limit) {
  if (limit == absl::InfiniteDuration()) return Watchdog::kNever;
  return absl::ToInt64Nanoseconds(limit);
}

// Whether the calling OS thread is the only one, but for ThreadSanitizer's, so
// that nobody else can wake anything. No libc call that takes a lock: its
// holder may be preempted.
bool AloneInProcess() {
  const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[1024];
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return false;
  text[length] = '\0';
  // The name, field 2, is in brackets and may hold anything; num_threads is
  // field 20.
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 20; ++field) {
    at = strchr(at + 1, ' ');
  }
  // An emulator tells 0.
  return at != nullptr && at[2] == ' ' &&
         (at[1] == '1' || (signals::kThreadSanitizer && at[1] == '2'));
}

// Takes the thread out of the lists that it waits in.
void Withdraw(Parker& parker) {
  for (Waiter* waiter = parker.waiters; waiter != nullptr;
       waiter = waiter->sibling) {
    if (waiter->list == nullptr) continue;
    waiter->lock->Lock();
    if (waiter->list != nullptr) waiter->list->Remove(waiter);
    waiter->lock->Unlock();
  }
}

}  // namespace

Worker::Worker(Config config)
    : options_(*config.options),
      policy_(std::move(config.policy)),
      tick_ns_(config.tick_ns),
      default_slot_class_(SlotClassOf(options_.stack_size)),
      watchdog_(LimitNs(options_.report_guard_after),
                LimitNs(options_.report_wait_after)),
      trace_capacity_(config.trace_capacity) {
  reschedule = &RescheduleHook;
  guarded_tick = &GuardedTickHook;
  foreign_signal = &DumpIfAsked;
  signal = options_.signal;
  shared_tls = !config.own_tls;
  timed_ = options_.measure_time;
  observed_ = timed_ || trace_capacity_ != 0;
  needs_clock_ = policy_->NeedsClock();
  policy_->BindHost(this);
  turns_ = policy_->turn_queue();
  if (turns_.reset == nullptr) turns_.reset = &unused_count_;
  // The fast path tells a sanitizer nothing.
  if (config.own_tls && !timed_ && !needs_clock_ &&
      !signals::kPreemptsInProgram) {
    (observed_ ? traced_yield_queue_ : yield_queue_) = turns_.queue;
  }
  starts_late_ = turns_.queue != nullptr && !observed_ && !needs_clock_ &&
                 !signals::kThreadSanitizer;
  special_yield_ = needs_clock_ || traced_yield_queue_ != nullptr;
}

Worker::~Worker() {
  FreeGarbage();
  while (spare_completions_ != nullptr) {
    void* memory = std::exchange(spare_completions_, spare_completions_->next);
    operator delete(memory);
  }
  // One by one: each holds the one before.
  std::unique_ptr<FullestStack> fullest(fullest_stack_);
  while (fullest != nullptr) fullest = std::move(fullest->before);
}

absl::Status Worker::SetUp() {
  signals::TaskHead& head = signals::task_frame.head;
  void* frame = &signals::task_frame;
  if (shared_tls) {
    shared_idle_frame_ = std::make_unique<signals::TaskFrame>();
    frame = shared_idle_frame_.get();
  }
  idle_ = new (frame) Task();
  idle_->context.thread_pointer = arch::ThreadPointer();
  idle_->state = TaskState::kRunning;
  idle_->preempt_count = 1;
  signals::NoteOsStack(*idle_);
  current_ = idle_;
  head.preempt_count = 1;
  head.current = idle_;
  head.cpu = this;
  if (const int error = timers.Create(signal); error != 0) {
    return absl::ErrnoToStatus(error, "timer_create for the scheduler tick");
  }
  start_ns_ = signals::MonotonicNs();
  if (absl::Status status = tracer_.Start(trace_capacity_, start_ns_, timed_);
      !status.ok()) {
    return status;
  }
  tracing.store(tracer_.on(), std::memory_order_relaxed);
  StartPeriodicTick(start_ns_);
  os_thread_ = static_cast<pid_t>(syscall(SYS_gettid));
  live_worker = this;
  return absl::OkStatus();
}

absl::Status Worker::Run(absl::FunctionRef<absl::Status()> spawn_first) {
  absl::Status status;
  {
    signals::AlternateStack alternate_stack;
    signals::TickMask mask(signal);
    status = SetUp();
    if (status.ok()) status = spawn_first();
    if (status.ok()) status = RunIdleLoop();
    live_worker = nullptr;
    FinishDumps();
    // Timers that nobody waits for any more.
    while (!timer_queue_.empty()) timer_queue_.Remove(timer_queue_.first());
    while (remote_wakers_.load(std::memory_order_acquire) != 0) sched_yield();
    wall_ns_ = signals::MonotonicNs() - start_ns_;
    timers.Delete();
    tracing.store(false, std::memory_order_relaxed);
  }
  // Nothing points to this worker any more.
  signals::TaskHead& head = signals::task_frame.head;
  head.cpu = nullptr;
  head.current = nullptr;
  head.need_resched = 0;
  head.preempt_count = 0;
  signals::LeaveOsStack(this);
  FreeGarbage();
  ReportFullestStack();
  ReleaseSlots(slots_, own_tls());
  return status;
}

absl::Status Worker::RunIdleLoop() {
  signals::TaskHead& head = signals::task_frame.head;
  for (;;) {
    head.need_resched = 0;
    noted = false;
    ChargeIdleTicks();
    if (wakeup_due) ExpireTimers();
    if (mailbox_.load(std::memory_order_relaxed) != nullptr) DrainMailbox();
    RefreshClock();
    if (sched::Entity* choice = policy_->PickNext(); choice != nullptr) {
      SwitchTo(Chosen(choice));
      FinishCooperativeSwitch();
      continue;
    }
    if (live_ == 0) return absl::OkStatus();
    if (!IdleWait()) {
      absl::Status deadlock = DeadlockError();
      AbandonAll();
      return deadlock;
    }
  }
}

void Worker::ChargeIdleTicks() {
  const uint64_t seen = ticks_seen;
  if (seen == ticks_charged_) return;
  const uint64_t ticks = seen - ticks_charged_;
  ticks_charged_ = seen;
  jiffies_ += ticks;
  policy_->IdleTicks(static_cast<int64_t>(ticks));
}

// Sleeps in the kernel, with the tick stopped, until something may be runnable.
// Returns false if nothing ever can be.
bool Worker::IdleWait() {
  const uint32_t word = idle_word_.load();
  if (mailbox_.load() != nullptr || wakeup_due) return true;
  int64_t due = kNoDeadline;
  bool probe = false;
  if (!timer_queue_.empty()) due = timer_queue_.first()->due_ns;

  const int64_t before = signals::MonotonicNs();
  if (const uint64_t event = policy_->NextIdleEvent();
      event != sched::Scheduler::kNever && options_.preempt) {
    const int64_t ticks =
        event > jiffies_ ? static_cast<int64_t>(event - jiffies_) : 0;
    const int64_t at = before + ticks * tick_ns_;
    if (due == kNoDeadline || at < due) due = at;
  }
  if (due == kNoDeadline) {
    if (!MayBeWokenFromOutside(all_tasks_)) return false;
    // Only if there is another OS thread; look that up when none came for a
    // while.
    probe = true;
    due = before + idle_probe_ns_;
  }

  if (watchdog_.watches_waits()) {
    due = std::min(due, before + watchdog_.CheckEveryNs());
  }

  timers.StopTick();
  const timespec deadline = signals::ToTimespec(due);
  syscall(SYS_futex, &idle_word_, FUTEX_WAIT_BITSET_PRIVATE, word, &deadline,
          nullptr, FUTEX_BITSET_MATCH_ANY);
  const int64_t after = signals::MonotonicNs();
  if (options_.preempt) {
    // All points of the grid but those that brought a tick or were counted here
    // before: so nothing adds up that a tick on its way makes of it.
    const int64_t skipped = timers.GridTicks(tick_ns_, after) - tick_base_ -
                            static_cast<int64_t>(ticks_seen + ticks_skipped_);
    if (skipped > 0) {
      ticks_skipped_ += static_cast<uint64_t>(skipped);
      jiffies_ += static_cast<uint64_t>(skipped);
      policy_->IdleTicks(skipped);
    }
  }
  StartPeriodicTick(after);
  if (watchdog_.watches_waits()) {
    watchdog_.CheckWaits(all_tasks_, jiffies_, tick_ns_);
  }
  if (!timer_queue_.empty() && timer_queue_.first()->due_ns <= after) {
    ExpireTimers();
  }
  if (!probe || mailbox_.load() != nullptr) {
    idle_probe_ns_ = kFirstIdleProbeNs;
    return true;
  }
  idle_probe_ns_ = std::min(2 * idle_probe_ns_, kLastIdleProbeNs);
  // The last other thread may have woken somebody before it ended.
  return !AloneInProcess() || mailbox_.load() != nullptr;
}

void Worker::StartPeriodicTick(int64_t now) {
  if (options_.preempt) timers.StartTick(tick_ns_, now);
}

// Begins a new count of the grid's points, when it has become another.
void Worker::CountTicksFrom(int64_t now) {
  tick_base_ = timers.GridTicks(tick_ns_, now) -
               static_cast<int64_t>(ticks_seen + ticks_skipped_);
}

// A slice shorter than the tick needs a shorter tick, unless the tick was asked
// for or belongs to the policy.
void Worker::ShortenTick(int64_t slice_ns) {
  slice_ns = std::max(slice_ns, signals::kShortestTickNs);
  if (slice_ns >= tick_ns_ || options_.tick.has_value() ||
      policy_->PreferredTickNs() != 0) {
    return;
  }
  signals::PreemptGuard guard;
  tick_ns_ = slice_ns;
  const int64_t now = signals::MonotonicNs();
  StartPeriodicTick(now);
  CountTicksFrom(now);
}

absl::Status Worker::DeadlockError() const {
  return absl::FailedPreconditionError(
      DescribeDeadlock({.all = all_tasks_,
                        .live = live_,
                        .scheduler = policy_->name(),
                        .jiffies = jiffies_,
                        .tick_ns = tick_ns_}));
}

// Gives up the threads that will never run again. Their stacks stay: what lies
// there may be referred to from elsewhere.
void Worker::AbandonAll() {
  while (all_tasks_ != nullptr) {
    Task* task = all_tasks_;
    all_tasks_ = task->all_next;
    --live_;
    signals::AbandonFiber(*task);
    if (task->parker != nullptr) Withdraw(*task->parker);
    Completion* completion = task->completion;
    if (tracer_.on()) tracer_.KeepName(task->id, completion->name);
    completion->task = nullptr;
    const bool orphaned = completion->orphaned;
    EndCompletion(completion, Completion::kAbandoned);
    if (orphaned) FreeCompletion(completion);
  }
}

sched::Entity* Worker::Current() {
  return current_ == idle_ ? nullptr : current_;
}

RuntimeStats Worker::Stats() const {
  RuntimeStats stats;
  stats.switches = switches_;
  stats.preemptions = preemptions_;
  stats.jiffies = jiffies_;
  stats.ticks = ticks_seen;
  stats.guarded_ticks = guarded_ticks;
  stats.deferred_ticks = deferred_ticks;
  stats.threads = next_id_ - 1;
  stats.live_threads = live_;
  stats.most_threads = most_live_;
  stats.longest_guard = absl::Nanoseconds(int64_t{longest_guard_ns_});
  stats.tick = absl::Nanoseconds(int64_t{tick_ns_});
  const int64_t wall_ns = wall_ns_;
  stats.wall_time = absl::Nanoseconds(
      wall_ns != 0 ? wall_ns : signals::MonotonicNs() - start_ns_);
  if (const FullestStack* fullest = fullest_stack_; fullest != nullptr) {
    signals::Acquired(fullest);
    stats.fullest_stack = {.thread = fullest->thread.text,
                           .id = fullest->id,
                           .used = fullest->used,
                           .size = fullest->size};
  }
  return stats;
}

void Worker::ReinitAfterFork() {
  // The child has this thread, as its only one, and none of the timers.
  signals::PreemptGuard guard;
  os_thread_ = static_cast<pid_t>(syscall(SYS_gettid));
  new (&timers) signals::CpuTimers();
  if (timers.Create(signal) != 0) return;
  armed_ns_ = kNoDeadline;
  const int64_t now = signals::MonotonicNs();
  StartPeriodicTick(now);
  CountTicksFrom(now);
  ArmFirstTimer();
}

}  // namespace jiffy::internal
