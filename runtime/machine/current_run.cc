#include "runtime/machine/current_run.h"

#include <atomic>
#include <new>

#include "arch/context.h"
#include "runtime/core/fork.h"
#include "runtime/core/machine.h"
#include "runtime/core/worker.h"
#include "runtime/debug/dump.h"
#include "runtime/trace.h"
#include "signals/fault.h"
#include "signals/handler.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

// The thread pointer of the OS thread whose run is under way, or nullptr. That
// thread owns the signal handlers.
std::atomic<const void*> runner{nullptr};

}  // namespace

MachineView current_run;

bool BeginRun() {
  const void* none = nullptr;
  return runner.compare_exchange_strong(none, arch::ThreadPointer());
}

void EndRun() { runner = nullptr; }

bool AnotherThreadRuns() {
  const void* pointer = runner.load();
  return pointer != nullptr && pointer != arch::ThreadPointer();
}

void ForgetRunAfterFork() {
  if (Machine* machine = live_machine; machine != nullptr) {
    // The child has no timers to delete.
    new (&machine->worker->timers) signals::CpuTimers();
  }
  live_machine = nullptr;
  tracing.store(false, std::memory_order_relaxed);
  current_run.Forget();
  RemoveDumpHandler();
  signals::RemoveFaultHandler();
  signals::RemoveHandler();
  EndRun();
}

}  // namespace jiffy::internal
