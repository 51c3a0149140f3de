#include "signals/irq.h"

#include <pthread.h>
#include <signal.h>

#include "signals/cpu.h"
#include "signals/preempt.h"

namespace jiffy::signals {
namespace {

// Sets or clears the tick signal's bit in the OS thread's mask. pthread_sigmask
// cannot fail with these arguments.
void SetMask(int how, int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(how, &set, nullptr);
}

}  // namespace

IrqFlags IrqSave() {
  PreemptGuard guard;
  TaskHead& head = task_frame.head;
  if (head.cpu == nullptr) return {.was_off = false};
  const bool was_off = head.current->irq_off != 0;
  if (!was_off) {
    SetMask(SIG_BLOCK, head.cpu->signal);
    head.current->irq_off = 1;
  }
  return {.was_off = was_off};
}

void IrqRestore(IrqFlags flags) {
  if (flags.was_off) return;
  // The guard's end reschedules for what was asked while the signal was off.
  PreemptGuard guard;
  TaskHead& head = task_frame.head;
  if (head.cpu == nullptr || head.current->irq_off == 0) return;
  head.current->irq_off = 0;
  SetMask(SIG_UNBLOCK, head.cpu->signal);
}

bool IrqsDisabled() {
  const TaskHead& head = task_frame.head;
  return head.cpu != nullptr && head.current->irq_off != 0;
}

void FinishSwitch(Cpu& cpu) {
  TaskHead& head = task_frame.head;
  if (head.current->irq_off != 0) [[unlikely]] {
    // Also if `masked` says that it is: a handler that was resumed unmasked and
    // switched away once more says so too.
    SetMask(SIG_BLOCK, cpu.signal);
    cpu.masked = false;
    return;
  }
  if (cpu.masked) [[unlikely]] {
    cpu.masked = false;
    SetMask(SIG_UNBLOCK, cpu.signal);
  }
}

}  // namespace jiffy::signals
