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
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/report.h"
#include "runtime/libc/refused_exit.h"
#include "runtime/libc/slot.h"
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

// Converts the limit of a watchdog or of trimming.
int64_t LimitNs(absl::Duration limit) {
  if (limit == absl::InfiniteDuration()) return Watchdog::kNever;
  return absl::ToInt64Nanoseconds(limit);
}

}  // namespace

WorkerParts::Stacks::Stacks(const RuntimeOptions& options)
    : default_class(SlotClassOf(options.stack_size)),
      guard_class(GuardClassOf(options.guard_size)),
      trimmer(LimitNs(options.trim_stacks_after)) {}

Worker::Worker(Config config)
    : machine_(*config.machine),
      options_(machine_.options),
      policy_(std::move(config.policy)),
      stacks_(options_),
      watchdog_(LimitNs(options_.report_guard_after),
                LimitNs(options_.report_wait_after)) {
  modes_.holders_first = policy_->MayRunBeforeTurn();
  trace_.capacity = config.trace_capacity;
  machine_.worker = this;
  reschedule = &RescheduleHook;
  guarded_tick = &GuardedTickHook;
  foreign_signal = &DumpIfAsked;
  call_ended = &CallEndedHook;
  signal = options_.signal;
  shared_tls = !config.own_tls;
  modes_.timed = options_.measure_time;
  modes_.observed = modes_.timed || trace_.capacity != 0;
  modes_.needs_clock = policy_->NeedsClock();
  modes_.charges_by_clock = modes_.needs_clock || modes_.timed;
  SetTickNs(config.tick_ns);
  policy_->BindHost(this);
  turns_ = policy_->turn_queue();
  if (turns_.reset == nullptr) turns_.reset = &unused_count_;
  // The fast path does not inform sanitizers.
  if (config.own_tls && !modes_.timed && !modes_.needs_clock &&
      !signals::kPreemptsInProgram) {
    (modes_.observed ? fast_yield_.traced_queue : fast_yield_.queue) =
        turns_.queue;
  }
  modes_.starts_late = turns_.queue != nullptr && !modes_.observed &&
                       !modes_.needs_clock && !signals::kThreadSanitizer;
  fast_yield_.special =
      modes_.needs_clock || fast_yield_.traced_queue != nullptr;
}

Worker::~Worker() {
  FreeGarbage();
  while (completions_.spare != nullptr) {
    void* memory = std::exchange(completions_.spare, completions_.spare->next);
    operator delete(memory);
  }
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
  machine_.start_ns = signals::MonotonicNs();
  clock_begin_ns = machine_.start_ns;
  if (absl::Status status =
          trace_.tracer.Start(trace_.capacity, machine_.start_ns, modes_.timed);
      !status.ok()) {
    return status;
  }
  tracing.store(trace_.tracer.on(), std::memory_order_relaxed);
  ReadStealMeter(machine_.start_ns);
  StartPeriodicTick(machine_.start_ns);
  os_thread_ = static_cast<pid_t>(syscall(SYS_gettid));
  live_machine = &machine_;
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
    live_machine = nullptr;
    // A deadlock ends a run with the mask of an idle worker.
    if (masks_.any_own) signals::ChangeKernelMask(SIG_SETMASK, plain_mask);
    FinishDumps();
    // Timers that no thread waits for any more.
    while (!sleepers_.queue.empty())
      sleepers_.queue.Remove(sleepers_.queue.first());
    while (mailbox_.wakers.load(std::memory_order_acquire) != 0) sched_yield();
    machine_.wall_ns = signals::MonotonicNs() - machine_.start_ns;
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
  machine_.ReportFullestStack();
  ReleaseSlots(stacks_.slots, stacks_.guard_class, own_tls());
  return status;
}

void Worker::StartPeriodicTick(int64_t now) {
  if (options_.preempt && !timers.StartTick(TickNs(), now)) {
    Panic(
        "timer_settime for the scheduler tick is refused: is it denied, by "
        "seccomp maybe, since the run began?");
  }
}

// Restarts the count of the grid's points after the grid has changed.
void Worker::CountTicksFrom(int64_t now) {
  clock_.tick_base =
      timers.GridTicks(TickNs(), now) -
      static_cast<int64_t>(ticks_delivered() + clock_.ticks_skipped);
}

// Shortens the tick for a slice shorter than it, unless the tick was set in the
// options or by the policy.
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

void Worker::AddStats(RuntimeStats& stats) const {
  stats.switches += counters_.switches;
  stats.preemptions += counters_.preemptions;
  stats.jiffies += Jiffies();
  stats.ticks += ticks_delivered();
  stats.stolen_ticks += ticks_stolen + clock_.idle_stolen;
  stats.guarded_ticks += guarded_ticks;
  stats.deferred_ticks += deferred_ticks;
  stats.longest_guard =
      std::max(stats.longest_guard,
               absl::Nanoseconds(int64_t{counters_.longest_guard_ns}));
  stats.tick = absl::Nanoseconds(TickNs());
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
