// Starts threads inside the interrupt handler, where the scheduling core may
// run (core/switch.cc): a thread that was only spawned gets its stack and
// thread block (unstarted.h). Preemption is off.

#include <cstddef>
#include <cstring>
#include <new>

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/panic.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "runtime/libc/thread_block.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {

// Sets a task's initial state, whatever its slot's last thread left.
void Worker::Populate(Task* task, Completion* completion,
                      const sched::TaskParams& params, void (*run)(void*),
                      void* closure) {
  task->state = TaskState::kNew;
  task->wait_kind = WaitKind::kNone;
  task->wake_reason = WakeReason::kWoken;
  task->preemptible = true;
  task->next = nullptr;
  task->prev = nullptr;
  task->params = params;
  task->yield_queue = fast_yield_.queue;
  task->wait_object = nullptr;
  task->parker = nullptr;
  task->completion = completion;
  task->run = run;
  task->closure = closure;
  static_cast<Counts&>(*task) = {};
  task->voluntary_switches = 0;
  task->cpu_ns = 0;
  task->saved_errno = 0;
  memset(task->saved_exceptions, 0, sizeof task->saved_exceptions);
  task->preempt_count = 1;
  task->need_resched = 0;
  task->signal_flags = 0;
  task->user_guards = 0;
  task->cpu = this;
  completion->task = task;
}

Task* Worker::Start(sched::Entity* chosen) {
  Unstarted* unstarted = UnstartedOf(chosen);
  Completion* completion = Completion::Of(unstarted);
  Task* task = stacks_.slots.Take(stacks_.default_class);
  if (task == nullptr) [[unlikely]] {
    Panic("there is no stack for a thread that starts");
  }
  --stacks_.unstarted;
  if (own_tls()) {
    ResetLibcThread(static_cast<char*>(task->context.thread_pointer));
  }
  signals::ReuseStack(*task);
  Populate(task, completion, completion->own_params, unstarted->run,
           unstarted->closure);
  task->id = completion->id;
  arch::InitContext(task->context, reinterpret_cast<void*>(task->stack_high),
                    task->context.thread_pointer, &TaskMain);
  machine_.Add(task);
  task->state = TaskState::kRunnable;
  return task;
}

void Worker::Drop(Completion* completion) {
  if (signals::kThreadSanitizer || completion->exception != nullptr ||
      completion->stop.stop_possible()) [[unlikely]] {
    completion->next_garbage = completions_.garbage;
    completions_.garbage = completion;
    return;
  }
  // The completion holds nothing that needs destruction.
  auto* spare = new (completion) SpareCompletion;
  spare->next = completions_.spare;
  completions_.spare = spare;
}

}  // namespace jiffy::internal
