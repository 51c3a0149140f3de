#include "runtime/core/worker.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "arch/context.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/deadline.h"
#include "runtime/core/own_signals.h"
#include "runtime/core/panic.h"
#include "runtime/core/slot.h"
#include "runtime/core/task.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/report.h"
#include "runtime/libc/refused_exit.h"
#include "runtime/options.h"
#include "runtime/trace.h"
#include "signals/fault.h"
#include "signals/handler.h"
#include "signals/preempt.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/signal_mask.h"
#include "signals/text_buffer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

// Of a watchdog or of trimming.
int64_t LimitNs(absl::Duration limit) {
  if (limit == absl::InfiniteDuration()) return Watchdog::kNever;
  return absl::ToInt64Nanoseconds(limit);
}

}  // namespace

Worker::Worker(Config config)
    : options_(*config.options),
      policy_(std::move(config.policy)),
      holders_first_(policy_->MayRunBeforeTurn()),
      default_slot_class_(SlotClassOf(options_.stack_size)),
      guard_class_(GuardClassOf(options_.guard_size)),
      trimmer_(LimitNs(options_.trim_stacks_after)),
      watchdog_(LimitNs(options_.report_guard_after),
                LimitNs(options_.report_wait_after)),
      trace_capacity_(config.trace_capacity) {
  reschedule = &RescheduleHook;
  guarded_tick = &GuardedTickHook;
  foreign_signal = &DumpIfAsked;
  call_ended = &CallEndedHook;
  signal = options_.signal;
  shared_tls = !config.own_tls;
  timed_ = options_.measure_time;
  observed_ = timed_ || trace_capacity_ != 0;
  needs_clock_ = policy_->NeedsClock();
  charges_by_clock_ = needs_clock_ || timed_;
  SetTickNs(config.tick_ns);
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
  NoMemoryToSpawn();
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
  if (const auto refusal = timers.Create(signal); refusal.error != 0) {
    return absl::ErrnoToStatus(
        refusal.error,
        absl::StrCat(refusal.call, " for the scheduler tick",
                     refusal.error == EAGAIN
                         ? ": RLIMIT_SIGPENDING (ulimit -i) allows no more"
                         : ": is it denied, by seccomp maybe?"));
  }
  plain_mask = signals::KernelMask();
  signals::KernelAlternateStack(nullptr, &plain_alternate_stack);
  LinkOwnSignals();
  start_ns_ = signals::MonotonicNs();
  clock_begin_ns = start_ns_;
  if (absl::Status status = tracer_.Start(trace_capacity_, start_ns_, timed_);
      !status.ok()) {
    return status;
  }
  tracing.store(tracer_.on(), std::memory_order_relaxed);
  ReadStealMeter(start_ns_);
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
    std::optional<RefusedExitScope> refused_exit;
    if (shared_tls) refused_exit.emplace();
    status = SetUp();
    if (status.ok()) status = spawn_first();
    if (status.ok()) status = RunIdleLoop();
    live_worker = nullptr;
    // A deadlock ends a run with the mask of an idle worker.
    if (has_own_signals_) signals::ChangeKernelMask(SIG_SETMASK, plain_mask);
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
  ReleaseSlots(slots_, guard_class_, own_tls());
  return status;
}

void Worker::StartPeriodicTick(int64_t now) {
  if (options_.preempt && !timers.StartTick(TickNs(), now)) {
    Panic(
        "timer_settime for the scheduler tick is refused: is it denied, by "
        "seccomp maybe, since the run began?");
  }
}

// Begins a new count of the grid's points, when it has become another.
void Worker::CountTicksFrom(int64_t now) {
  tick_base_ = timers.GridTicks(TickNs(), now) -
               static_cast<int64_t>(ticks_delivered() + ticks_skipped_);
}

// A slice shorter than the tick needs a shorter tick, unless the tick was asked
// for or belongs to the policy.
void Worker::ShortenTick(int64_t slice_ns) {
  slice_ns = std::max(slice_ns, signals::kShortestTickNs);
  if (slice_ns >= TickNs() || options_.tick.has_value() ||
      policy_->PreferredTickNs() != 0) {
    return;
  }
  signals::PreemptGuard guard;
  SetTickNs(slice_ns);
  const int64_t now = signals::MonotonicNs();
  ReadStealMeter(now);
  StartPeriodicTick(now);
  CountTicksFrom(now);
}

sched::Entity* Worker::Current() {
  return current_ == idle_ ? nullptr : current_;
}

RuntimeStats Worker::Stats() const {
  RuntimeStats stats;
  stats.switches = switches_;
  stats.preemptions = preemptions_;
  stats.jiffies = Jiffies();
  stats.ticks = ticks_delivered();
  stats.stolen_ticks = ticks_stolen + idle_stolen_;
  stats.guarded_ticks = guarded_ticks;
  stats.deferred_ticks = deferred_ticks;
  stats.threads = next_id_ - 1;
  stats.live_threads = live_;
  stats.most_threads = most_live_;
  stats.longest_guard = absl::Nanoseconds(int64_t{longest_guard_ns_});
  stats.tick = absl::Nanoseconds(TickNs());
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

void Worker::StartTimersInChild() {
  if (const auto refusal = timers.Create(signal); refusal.error != 0) {
    signals::TextBuffer<256>(STDERR_FILENO)
        << "jiffy: " << refusal.call << " in the child of a fork: errno "
        << refusal.error << ": its threads are not preempted\n";
    return;
  }
  const int64_t now = signals::MonotonicNs();
  ReadStealMeter(now);
  StartPeriodicTick(now);
  CountTicksFrom(now);
  ArmFirstTimer();
}

}  // namespace jiffy::internal
