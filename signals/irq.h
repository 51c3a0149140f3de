// The interrupt flag: the tick signal's bit in the kernel's signal mask. (The
// other bits belong to the green thread: runtime/core/own_signals.h.)
//
// IrqSave and IrqRestore are the kernel's local_irq_save and local_irq_restore,
// with sigprocmask instead of the machine's interrupt flag. Each makes a system
// call; hot paths use PreemptGuard (signals/preempt.h), which costs one
// instruction. Use these where the tick signal must not arrive at all: around
// calls that a signal would interrupt, or to show how a kernel does it.
//
// A green thread may switch with the interrupt off: other threads run with it
// on, and the interrupt is off again when the thread resumes.
#ifndef JIFFY_SIGNALS_IRQ_H_
#define JIFFY_SIGNALS_IRQ_H_

#include "signals/cpu.h"

namespace jiffy::signals {

// Whether the tick signal was blocked before IrqSave.
struct [[nodiscard]] IrqFlags {
  bool was_off;
};

// Blocks the tick signal and returns the previous state. Outside of green
// threads it does nothing, since no tick comes there. Context: green thread.
// Switches: no.
IrqFlags IrqSave();

// Restores the state that IrqSave returned. Switches: if a tick is pending.
void IrqRestore(IrqFlags flags);

// Returns whether the caller has blocked the tick signal by IrqSave.
bool IrqsDisabled();

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_IRQ_H_
