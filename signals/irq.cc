#include "signals/irq.h"

#include <signal.h>

#include "signals/cpu.h"
#include "signals/preempt.h"
#include "signals/signal_mask.h"

namespace jiffy::signals {
IrqFlags IrqSave() {
  PreemptGuard guard;
  TaskHead& head = task_frame.head;
  if (head.cpu == nullptr) return {.was_off = false};
  TaskHead& current = *head.current;
  const bool was_off = (current.signal_flags & kIrqOff) != 0;
  if (!was_off) {
    ChangeKernelMask(SIG_BLOCK, SignalBit(head.cpu->signal));
    current.signal_flags = current.signal_flags | kIrqOff;
  }
  return {.was_off = was_off};
}

void IrqRestore(IrqFlags flags) {
  if (flags.was_off) return;
  // The end of the guard reschedules if that was requested meanwhile.
  PreemptGuard guard;
  TaskHead& head = task_frame.head;
  if (!IrqsDisabled()) return;
  TaskHead& current = *head.current;
  current.signal_flags = current.signal_flags & ~kIrqOff;
  ChangeKernelMask(SIG_UNBLOCK, SignalBit(head.cpu->signal));
}

bool IrqsDisabled() {
  const TaskHead& head = task_frame.head;
  return head.cpu != nullptr && (head.current->signal_flags & kIrqOff) != 0;
}

}  // namespace jiffy::signals
