// How a worker's threads begin and end: spawning, a thread's first and last
// steps, and freeing what a detached one leaves.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stop_token>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "arch/context.h"
#include "runtime/closure.h"
#include "runtime/completion.h"
#include "runtime/libc_thread.h"
#include "runtime/options.h"
#include "runtime/report.h"
#include "runtime/slot.h"
#include "runtime/task.h"
#include "runtime/worker.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// What a callable must leave of its thread's stack: the kernel's signal frame
// with all vector registers is about 3.5 KiB.
constexpr size_t kMinFrames = size_t{6} << 10;

char* AlignDown(uintptr_t address, size_t alignment) {
  return reinterpret_cast<char*>(address & ~(alignment - 1));
}

}  // namespace

void (*thread_body)(void (*run)(void* closure), void* closure) =
    [](void (*run)(void*), void* closure) { run(closure); };

void Worker::FreeGarbage() {
  while (garbage_ != nullptr) {
    Completion* completion;
    {
      signals::PreemptGuard guard;
      completion = garbage_;
      // Another thread may have taken the last one just now.
      if (completion == nullptr) return;
      garbage_ = completion->next_garbage;
    }
    ReportLostException(*completion);
    FreeCompletion(completion);
  }
}

Completion* Worker::NewCompletion() {
  void* memory;
  {
    signals::PreemptGuard guard;
    memory = spare_completions_;
    if (memory != nullptr) spare_completions_ = spare_completions_->next;
  }
  if (memory == nullptr) memory = operator new(sizeof(Completion));
  return new (memory) Completion;
}

void FreeCompletion(Completion* completion) {
  completion->~Completion();
  if (!InGreenThread()) {
    operator delete(completion);
    return;
  }
  auto* spare = new (completion) Worker::SpareCompletion;
  signals::PreemptGuard guard;
  Worker& worker = ThisWorker();
  spare->next = worker.spare_completions_;
  worker.spare_completions_ = spare;
}

absl::StatusOr<Task*> Worker::TakeSlot(size_t stack_size) {
  const int slot_class = SlotClassOf(stack_size);
  {
    signals::PreemptGuard guard;
    if (Task* task = slots_.Take(slot_class); task != nullptr) return task;
  }
  return AcquireSlot(slot_class, own_tls());
}

absl::StatusOr<Completion*> Worker::Spawn(const ThreadOptions& options,
                                          size_t default_stack,
                                          const ClosureOps& ops, void* source) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  if (garbage_ != nullptr) FreeGarbage();
  const size_t stack_size = options.stack_size.value_or(default_stack);
  absl::StatusOr<Task*> slot = TakeSlot(stack_size);
  if (!slot.ok()) return slot.status();
  Task* task = *slot;
  absl::Cleanup give_back = [&] {
    signals::PreemptGuard guard;
    slots_.Put(task);
  };
  if (own_tls()) {
    ResetLibcThread(static_cast<char*>(task->context.thread_pointer));
  }

  struct Free {
    void operator()(Completion* unused) const { FreeCompletion(unused); }
  };
  std::unique_ptr<Completion, Free> completion(NewCompletion());
  if (ops.wants_stop) completion->stop = std::stop_source();
  memcpy(completion->name, options.name.c_str(), options.name.size() + 1);

  char* closure = AlignDown(task->stack_high - ops.size,
                            std::max<size_t>(ops.alignment, 16));
  if (reinterpret_cast<uintptr_t>(closure) < task->stack_low + kMinFrames) {
    return absl::InvalidArgumentError(
        absl::StrCat("stack_size = ", stack_size,
                     " bytes: leaves no room beside a callable "
                     "of ",
                     ops.size, " bytes with its arguments"));
  }
  ops.construct(closure, source);

  const int64_t slice_ns = options.time_slice.has_value()
                               ? absl::ToInt64Nanoseconds(*options.time_slice)
                               : 0;
  task->state = TaskState::kNew;
  task->wait_kind = WaitKind::kNone;
  task->wake_reason = WakeReason::kWoken;
  task->preemptible = options.preemptible;
  task->wait_object = nullptr;
  task->link = nullptr;
  task->parker = nullptr;
  task->next = nullptr;
  task->prev = nullptr;
  task->params = {.nice = options.nice,
                  .priority = options.priority,
                  .slice_ns = slice_ns,
                  .sched_class = options.sched_class};
  if (HasJobTimes(options)) {
    task->params.deadline_ns = absl::ToInt64Nanoseconds(options.deadline);
    task->params.period_ns = absl::ToInt64Nanoseconds(options.period);
    task->params.runtime_ns = absl::ToInt64Nanoseconds(options.runtime);
  }
  completion->own_params = task->params;
  task->completion = completion.get();
  task->run = ops.run;
  task->closure = closure;
  task->ticks = 0;
  task->voluntary_switches = 0;
  task->preemptions = 0;
  task->cpu_ns = 0;
  task->longest_wait_ns = 0;
  task->saved_errno = 0;
  memset(task->saved_exceptions, 0, sizeof task->saved_exceptions);
  task->preempt_count = 1;
  task->need_resched = 0;
  task->irq_off = 0;
  task->user_guards = 0;
  task->cpu = this;
  task->runnable_since_ns = timed_ ? signals::MonotonicNs() : 0;
  task->spawned_ns = timed_ ? task->runnable_since_ns - start_ns_ : 0;
  completion->task = task;
  arch::InitContext(task->context, closure, task->context.thread_pointer,
                    &TaskMain);

  const char* refused = nullptr;
  for (;;) {
    if (live_ + 1 > reserved_) {
      const size_t wanted = std::max<size_t>(64, 2 * live_);
      policy_->Reserve(wanted);
      signals::PreemptGuard guard;
      reserved_ = std::max(reserved_, wanted);
    }
    signals::PreemptGuard guard;
    if (live_ + 1 > reserved_) continue;
    task->id = next_id_;
    refused = policy_->Attach(*task);
    if (refused != nullptr) break;
    ++next_id_;
    completion->id = task->id;
    task->all_prev = nullptr;
    task->all_next = all_tasks_;
    if (all_tasks_ != nullptr) all_tasks_->all_prev = task;
    all_tasks_ = task;
    ++live_;
    most_live_ = std::max<uint64_t>(most_live_, live_);
    if (tracer_.on()) [[unlikely]] {
      tracer_.Record(tracer_.Stamp(), TraceKind::kSpawn, 0, task->id);
    }
    task->state = TaskState::kRunnable;
    if (needs_clock_) RefreshClock();
    policy_->Enqueue(*task, sched::EnqueueReason::kNew);
    if (current_ != idle_ && policy_->WakeupPreempts(*current_, *task)) {
      resched_wanted_ = true;
      signals::task_frame.head.need_resched = 1;
    }
    std::move(give_back).Cancel();
    break;
  }
  if (refused != nullptr) {
    // Nothing but running it destroys the callable; do so without running.
    ops.destroy(closure);
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot spawn a thread: ", refused));
  }
  if (slice_ns != 0) ShortenTick(slice_ns);
  return completion.release();
}

arch::Context* Worker::TaskMain(arch::Context* context) {
  Task* self = TaskOf(context);
  const bool own_tls = CurrentWorker()->own_tls();
  CurrentWorker()->FinishCooperativeSwitch();
  if (own_tls) BeginLibcThread();
  if (self->preemptible) {
    signals::PreemptEnable();
  } else {
    self->user_guards = 1;
  }

  Completion* completion = self->completion;
  try {
    thread_body(self->run, self->closure);
  } catch (...) {
    completion->exception = std::current_exception();
  }
  if (own_tls) EndLibcThread(self->tls_generation);

  // The last chance to report what a detached thread ended by: that allocates.
  signals::PreemptDisable();
  if (completion->orphaned) {
    signals::PreemptEnable();
    ReportLostException(*completion);
    completion->exception = nullptr;
    signals::PreemptDisable();
  }
  return CurrentWorker()->ExitCurrent();
}

}  // namespace jiffy::internal
