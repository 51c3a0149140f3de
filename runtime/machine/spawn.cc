// Spawns a worker's threads, and frees what detached threads leave.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "arch/context.h"
#include "runtime/closure.h"
#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/machine.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/report.h"
#include "runtime/libc/slot.h"
#include "runtime/libc/thread_block.h"
#include "runtime/libc/tls_template.h"
#include "runtime/machine/thread_body.h"
#include "runtime/options.h"
#include "runtime/thread.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {

// Constructed before any other static object can spawn a thread: clang cannot
// construct it at compile time, because of libstdc++'s string.
[[gnu::init_priority(101)]] const ThreadOptions kDefaultThreadOptions;

namespace {

// The bytes of its thread's stack that a callable must leave free: the kernel's
// signal frame with all vector registers is about 3.5 KiB.
constexpr size_t kMinFrames = size_t{6} << 10;

// Returns whether the options set nothing but, at most, a stack size and how
// the thread starts.
bool IsPlain(const ThreadOptions& options) {
  const sched::SchedClass normal = sched::SchedClass::kNormal;
  return options.name.empty() && (options.nice | options.priority) == 0 &&
         options.sched_class == normal && !options.time_slice.has_value() &&
         (!options.stack_size.has_value() ||
          (*options.stack_size >= kMinStackSize &&
           *options.stack_size <= kMaxStackSize)) &&
         options.deadline == absl::ZeroDuration() &&
         options.period == absl::ZeroDuration() &&
         options.runtime == absl::ZeroDuration();
}

sched::TaskParams ParamsOf(const ThreadOptions& options) {
  return {.nice = options.nice,
          .priority = options.priority,
          .slice_ns = options.time_slice.has_value()
                          ? absl::ToInt64Nanoseconds(*options.time_slice)
                          : 0,
          .sched_class = options.sched_class,
          .deadline_ns = absl::ToInt64Nanoseconds(options.deadline),
          .period_ns = absl::ToInt64Nanoseconds(options.period),
          .runtime_ns = absl::ToInt64Nanoseconds(options.runtime)};
}

struct Free {
  void operator()(Completion* completion) const { FreeCompletion(completion); }
};
using OwnedCompletion = std::unique_ptr<Completion, Free>;

char* AlignDown(uintptr_t address, size_t alignment) {
  return reinterpret_cast<char*>(address & ~(alignment - 1));
}

}  // namespace

void (*thread_body)(void (*run)(void* closure), void* closure) =
    [](void (*run)(void*), void* closure) { run(closure); };

void Worker::FreeGarbage() {
  while (completions_.garbage != nullptr) {
    Completion* completion;
    {
      signals::PreemptGuard guard;
      completion = completions_.garbage;
      // Another thread may have taken the last one just now.
      if (completion == nullptr) return;
      completions_.garbage = completion->next_garbage;
    }
    signals::Acquired(completion);
    ReportLostException(*completion);
    FreeCompletion(completion);
  }
}

void FreeCompletion(Completion* completion) {
  // The callable of a thread that was given up stays, like its stack.
  const bool stays = completion->holds_callable && completion->given_up();
  completion->~Completion();
  if (stays) return;
  if (!InGreenThread()) {
    operator delete(completion);
    return;
  }
  auto* spare = new (completion) Worker::SpareCompletion;
  signals::PreemptGuard guard;
  Worker& worker = ThisWorker();
  spare->next = worker.completions_.spare;
  worker.completions_.spare = spare;
}

// Gives a slot's thread block the initial contents of a thread, for all
// libraries that are loaded now.
void Worker::ResetWithNewestTemplate(Task& task) {
  for (bool better = true;;) {
    {
      signals::PreemptGuard guard;
      if (!better || !TlsTemplateMayBeOld()) [[likely]] {
        ResetLibcThread(static_cast<char*>(task.context.thread_pointer));
        return;
      }
    }
    better = RenewTlsTemplate();
  }
}

// Takes a free slot and memory for a completion, or makes them.
absl::Status Worker::TakeMemory(int slot_class, Task** slot, void** memory) {
  *slot = nullptr;
  *memory = TakeCompletion();
  {
    signals::PreemptGuard guard;
    // The other slots are for threads that have not started.
    const size_t kept =
        slot_class == stacks_.default_class ? stacks_.unstarted : 0;
    if (stacks_.slots.count(slot_class) > kept)
      *slot = stacks_.slots.Take(slot_class);
  }
  if (*slot != nullptr) [[likely]] {
    return absl::OkStatus();
  }
  absl::Cleanup give_back = [memory] { operator delete(*memory); };
  absl::StatusOr<Task*> made =
      AcquireSlot(slot_class, stacks_.guard_class, own_tls());
  if (!made.ok()) return made.status();
  *slot = *made;
  std::move(give_back).Cancel();
  return absl::OkStatus();
}

void* Worker::TakeCompletion() {
  {
    signals::PreemptGuard guard;
    if (void* spare = TakeSpareCompletion(); spare != nullptr) [[likely]] {
      return spare;
    }
  }
  return operator new(sizeof(Completion));
}

// Returns spare memory, or nullptr if there is none. Context: preemption off.
inline void* Worker::TakeSpareCompletion() {
  SpareCompletion* spare = completions_.spare;
  if (spare != nullptr) completions_.spare = spare->next;
  return spare;
}

// Returns whether a thread without special options may stay without a stack
// until its turn comes (unstarted.h).
inline bool Worker::StartsLate(size_t stack_size, const ClosureOps& ops) const {
  return modes_.starts_late && ops.size <= sizeof(Unstarted::closure) &&
         ops.alignment <= alignof(Unstarted) &&
         stack_size == options_.stack_size;
}

// Reserves a free slot for a thread that starts later, and takes spare memory
// for its completion if there is any. Returns false if there is no slot.
inline bool Worker::Reserve(void** memory) {
  signals::PreemptGuard guard;
  if (stacks_.slots.count(stacks_.default_class) <= stacks_.unstarted)
    return false;
  ++stacks_.unstarted;
  *memory = TakeSpareCompletion();
  return true;
}

// Does the same with a new slot.
absl::Status Worker::ReserveNewSlot(void** memory) {
  do {
    absl::StatusOr<Task*> slot =
        AcquireSlot(stacks_.default_class, stacks_.guard_class, own_tls());
    if (!slot.ok()) return slot.status();
    signals::PreemptGuard guard;
    stacks_.slots.Put(*slot);
  } while (!Reserve(memory));
  return absl::OkStatus();
}

absl::StatusOr<Completion*> Worker::SpawnUnstarted(const ThreadOptions& options,
                                                   const ClosureOps& ops,
                                                   void* source) try {
  void* memory;
  if (!Reserve(&memory)) [[unlikely]] {
    if (absl::Status status = ReserveNewSlot(&memory); !status.ok()) {
      return status;
    }
  }
  absl::Cleanup give_back = [this] {
    signals::PreemptGuard guard;
    --stacks_.unstarted;
  };
  if (memory == nullptr) [[unlikely]] {
    memory = operator new(sizeof(Completion));
  }
  OwnedCompletion completion(new (memory) Completion);
  completion->holds_callable = true;
  if (ops.wants_stop) completion->stop = std::stop_source();
  completion->name[0] = '\0';
  if (!options.name.empty()) {
    memcpy(completion->name, options.name.c_str(), options.name.size() + 1);
  }
  auto* unstarted = new (&completion->unstarted) Unstarted;
  unstarted->run = ops.run;
  ops.construct(unstarted->closure, source);
  std::move(give_back).Cancel();
  MachineGuard guard;
  completion->id = machine_.CountNew();
  turns_.queue->PushBack(EntityOf(*unstarted));
  return completion.release();
} catch (const std::bad_alloc&) {
  return NoMemoryToSpawn();
}

absl::StatusOr<Completion*> Worker::Spawn(const ThreadOptions& options,
                                          size_t default_stack,
                                          const ClosureOps& ops, void* source) {
  // The path of most threads.
  if (&options == &kDefaultThreadOptions && completions_.garbage == nullptr &&
      CurrentTask()->SignalFlags() == 0 && StartsLate(default_stack, ops))
      [[likely]] {
    return SpawnUnstarted(options, ops, source);
  }
  return SpawnAsAsked(options, default_stack, ops, source);
}

absl::StatusOr<Completion*> Worker::SpawnAsAsked(const ThreadOptions& options,
                                                 size_t default_stack,
                                                 const ClosureOps& ops,
                                                 void* source) {
  const bool plain = &options == &kDefaultThreadOptions || IsPlain(options);
  if (!plain) {
    if (absl::Status status = Validate(options); !status.ok()) return status;
  }
  if (completions_.garbage != nullptr) FreeGarbage();
  const size_t stack_size = options.stack_size.value_or(default_stack);
  if (!options.child_runs_first && options.preemptible &&
      CurrentTask()->SignalFlags() == 0 &&
      (plain || ParamsOf(options) == sched::TaskParams()) &&
      StartsLate(stack_size, ops)) {
    return SpawnUnstarted(options, ops, source);
  }
  return SpawnWithStack(options, plain, stack_size, ops, source);
}

absl::StatusOr<Completion*> Worker::SpawnWithStack(const ThreadOptions& options,
                                                   bool plain,
                                                   size_t stack_size,
                                                   const ClosureOps& ops,
                                                   void* source) try {
  Task* task;
  void* memory;
  if (absl::Status status = TakeMemory(stack_size == options_.stack_size
                                           ? stacks_.default_class
                                           : SlotClassOf(stack_size),
                                       &task, &memory);
      !status.ok()) {
    return status;
  }
  absl::Cleanup give_back = [&] {
    signals::PreemptGuard guard;
    stacks_.slots.Put(task);
  };
  OwnedCompletion completion(new (memory) Completion);
  if (own_tls()) ResetWithNewestTemplate(*task);
  if (ops.wants_stop) completion->stop = std::stop_source();
  completion->name[0] = '\0';
  if (!plain) {
    memcpy(completion->name, options.name.c_str(), options.name.size() + 1);
  }

  signals::ReuseStack(*task);
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
  // Used if the spawn fails after all.
  absl::Cleanup destroy = [&] { ops.destroy(closure); };

  if (!plain) completion->own_params = ParamsOf(options);
  const int64_t slice_ns = completion->own_params.slice_ns;
  Populate(task, completion.get(), completion->own_params, ops.run, closure);
  task->preemptible = options.preemptible;
  InheritSignals(*task);
  if (modes_.timed) {
    const int64_t now = signals::MonotonicNs();
    task->runnable_since_ns = ClockAt(now);
    task->spawned_ns = now - machine_.start_ns;
  }
  arch::InitContext(task->context, closure, task->context.thread_pointer,
                    &TaskMain);
  signals::MakeFiber(*task, completion->name);

  const char* refused = nullptr;
  for (;;) {
    if (machine_.live + 1 > reserved_) {
      const size_t wanted = std::max<size_t>(64, 2 * machine_.live);
      policy_->Reserve(wanted);
      signals::PreemptGuard guard;
      reserved_ = std::max(reserved_, wanted);
    }
    MachineGuard guard;
    if (machine_.live + 1 > reserved_) continue;
    task->id = machine_.next_id;
    refused = policy_->Attach(*task);
    if (refused != nullptr) break;
    completion->id = task->id;
    machine_.CountNew();
    machine_.Add(task);
    if (trace_.tracer.on()) [[unlikely]] {
      trace_.tracer.Record(trace_.tracer.Stamp(), TraceKind::kSpawn, 0,
                           task->id);
    }
    task->state = TaskState::kRunnable;
    std::move(destroy).Cancel();
    std::move(give_back).Cancel();
    if (options.child_runs_first && StartFirst(task)) break;
    if (modes_.needs_clock) RefreshClock();
    Enqueue(*task, sched::EnqueueReason::kNew);
    if (WakeupPreempts(*task)) {
      resched_wanted_ = true;
      signals::task_frame.head.need_resched = 1;
    }
    break;
  }
  if (refused != nullptr) {
    const std::string message =
        absl::StrCat("cannot spawn a thread: ", refused);
    return policy_->RefuseParams(completion->own_params) != nullptr
               ? absl::InvalidArgumentError(message)
               : absl::ResourceExhaustedError(message);
  }
  if (slice_ns != 0) ShortenTick(slice_ns);
  return completion.release();
} catch (const std::bad_alloc&) {
  return NoMemoryToSpawn();
}

}  // namespace jiffy::internal
