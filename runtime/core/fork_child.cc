// In the child of a fork, the worker continues with only the thread that
// forked. The other threads neither run nor change, but are taken out of
// everything that refers to them; their stacks stay as they are.
//
// A handler of the program may fork while the scheduler works. Then this work
// waits, as a wake-up that is due, until the scheduler handles wake-ups, maybe
// in another thread. So the interrupt handler can run the code of this file.

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/core/unstarted.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "sched/run_list.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {

void Worker::BecomeChild(bool in_scheduler) {
  Task* const forker = CurrentTask();
  machine_.fork = {.happened = true, .pending = forker};
  if (const Completion* completion = forker->completion;
      completion != nullptr) {
    machine_.fork.id = completion->id;
    memcpy(machine_.fork.thread.text, completion->name,
           sizeof completion->name);
  }
  os_thread_ = static_cast<pid_t>(syscall(SYS_gettid));
  // The child inherits no timers, so there are none to delete.
  new (&timers) signals::CpuTimers();
  sleepers_.armed_ns = kNoDeadline;
  mailbox_.wakers.store(0);
  if (!in_scheduler) {
    LeaveOthersBehind();
    return;
  }
  wakeup_due = true;
  noted = true;
  signals::task_frame.head.need_resched = 1;
  // For an idle loop that is about to sleep.
  mailbox_.idle_word.fetch_add(1);
}

void Worker::LeaveBehind(Completion& completion) {
  if (trace_.tracer.on())
    trace_.tracer.KeepName(completion.id, completion.name);
  completion.task = nullptr;
  completion.joiner = nullptr;
  completion.os_waiter.store(0);
  if (completion.orphaned) {
    completion.state.store(Completion::kLeftBehind);
    completion.next_garbage = completions_.garbage;
    completions_.garbage = &completion;
  } else {
    EndCompletion(&completion, Completion::kLeftBehind);
  }
}

void Worker::LeaveBehind(Task& task) {
  if (turns_.queue == nullptr) {
    if (task.state == TaskState::kRunning && &task != holders_.running) {
      policy_->Dequeue(task, sched::DequeueReason::kExited);
    } else if (task.state == TaskState::kRunnable) {
      policy_->Dequeue(task, sched::DequeueReason::kMigrated);
    }
    policy_->Detach(task);
  }
  if (task.timer.queued()) sleepers_.queue.Remove(&task.timer);
  WithdrawFromWaits(task);
  signals::AbandonFiber(task);
  LeaveBehind(*task.completion);
}

void Worker::LeaveOthersBehind() {
  const Task* const forker = std::exchange(machine_.fork.pending, nullptr);
  Parker* parker = mailbox_.first.exchange(nullptr);
  while (parker != nullptr) {
    Parker* next = std::exchange(parker->next, nullptr);
    if (parker->task == forker) mailbox_.first.store(parker);
    parker = next;
  }
  if (turns_.queue != nullptr) {
    while (sched::Entity* entity = turns_.queue->PopFront()) {
      if (IsUnstarted(*entity)) {
        LeaveBehind(*Completion::Of(UnstartedOf(entity)));
      }
    }
    stacks_.unstarted = 0;
  }
  holders_.inside.KeepOnly(forker);
  holders_.blocked.KeepOnly(forker);
  if (Task* lender = stacks_.trimmer.GiveBack(); lender == forker) {
    stacks_.trimmer.Borrow(lender);
  } else if (lender != nullptr) {
    // The policy has already chosen it.
    lender->state = TaskState::kRunning;
  }
  // Stays nullptr if the idle loop forked, or a thread in its last steps.
  Task* survivor = nullptr;
  for (Task* task = machine_.all_tasks; task != nullptr;) {
    Task* const next = task->all_next;
    if (task == forker) {
      survivor = task;
    } else {
      LeaveBehind(*task);
    }
    task = next;
  }
  if (holders_.running != nullptr && holders_.running != forker) {
    EndOutOfTurn();
  }
  machine_.all_tasks = survivor;
  machine_.live = survivor == nullptr ? 0 : 1;
  if (survivor != nullptr) {
    survivor->all_next = nullptr;
    survivor->all_prev = nullptr;
    survivor->completion->joiner = nullptr;
    survivor->completion->os_waiter.store(0);
    if (turns_.queue != nullptr && survivor->state == TaskState::kRunnable) {
      turns_.queue->PushBack(*survivor);
    }
    // The thread that it joins may be one of those left behind.
    if (survivor->wait_kind == WaitKind::kJoin) {
      WakeTask(survivor, WakeReason::kWoken);
    }
  }
  if (current_ == survivor || current_ == idle_) return;
  // The caller is one of those left behind: this call does not return.
  masked = signals::kMaskOther;
  SwitchTo(Chosen(PickNext()));
}

}  // namespace jiffy::internal
