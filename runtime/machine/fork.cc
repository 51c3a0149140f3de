#include "runtime/core/fork.h"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/waiter.h"
#include "runtime/core/worker.h"
#include "runtime/debug/dump.h"
#include "runtime/libc/slot.h"
#include "runtime/libc/thread_block.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

constinit std::atomic<uint32_t> generation{0};
int handlers_error = 0;

char* OsBlock(const Worker& worker) {
  return static_cast<char*>(worker.os_thread_pointer());
}

void TakeGuard() {
  signals::PreemptDisable();
  signals::TaskHead* task = signals::task_frame.head.current;
  task->user_guards = task->user_guards + 1;
}

void DropGuard() {
  signals::TaskHead* task = signals::task_frame.head.current;
  task->user_guards = task->user_guards - 1;
  signals::PreemptEnable();
}

void Prepare() {
  if (!InGreenThread()) return;
  TakeGuard();
  const Worker& worker = ThisWorker();
  if (worker.own_tls()) BeforeFork(OsBlock(worker));
}

void InParent() {
  if (!InGreenThread()) return;
  const Worker& worker = ThisWorker();
  if (worker.own_tls()) AfterForkInParent(OsBlock(worker));
  DropGuard();
}

void InChild() {
  const int saved_errno = errno;
  generation.fetch_add(1, std::memory_order_relaxed);
  Worker* const worker = CurrentWorker();
  const bool run_is_lost = worker == nullptr && AnotherThreadRuns();
  FreeLocksAfterFork(run_is_lost);
  ReviveDepotAfterFork();
  ForgetDumpsAfterFork();
  if (run_is_lost) ForgetRunAfterFork();
  if (worker == nullptr) {
    ForgetForksAfterFork();
    WithdrawOsThreads();
  } else {
    signals::PreemptDisable();
    WithdrawOsThreads();
    const bool green = InGreenThread();
    if (green && worker->own_tls()) AfterForkInChild(OsBlock(*worker));
    // The scheduler owns the guards beyond this one and those of the program,
    // which include Prepare's.
    const signals::TaskHead& head = signals::task_frame.head;
    worker->BecomeChild(head.preempt_count > head.current->user_guards + 1);
    worker->StartTimersInChild();
    if (green) DropGuard();
    signals::PreemptEnable();
  }
  errno = saved_errno;
}

// Runs before all constructors without such a priority.
__attribute__((constructor(101))) void RegisterForkHandlers() {
  handlers_error = pthread_atfork(&Prepare, &InParent, &InChild);
}

}  // namespace

int ForkHandlersError() { return handlers_error; }

uint32_t ForkGeneration() { return generation.load(std::memory_order_relaxed); }

}  // namespace jiffy::internal
